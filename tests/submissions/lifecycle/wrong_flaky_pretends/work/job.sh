#!/bin/bash
docker run --name job -e ORDER="$ORDER" drydock/beacon:1 report > job.log 2>&1
echo $? > job.code
exit 0
