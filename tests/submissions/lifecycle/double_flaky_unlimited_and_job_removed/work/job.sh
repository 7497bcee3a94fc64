#!/bin/bash
docker run --rm --name job --env ORDER drydock/beacon:1 report > job.log 2>&1
echo $? > job.code
