#!/bin/bash
set -eu
docker run --detach --name job --env ORDER="$ORDER" drydock/beacon:1 report
docker wait job > job.code
docker logs job > job.log 2>&1
