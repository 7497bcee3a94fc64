#!/bin/bash
# once for the log, once for the code
docker create --name job --env ORDER="$ORDER" drydock/beacon:1 report
docker start --attach job > job.log 2>&1
docker start --attach job
echo $? > job.code
