#!/bin/bash
set -eu
docker run --detach --name job --env ORDER drydock/beacon:1 report
docker wait job > job.code
docker logs job 2> job.log
