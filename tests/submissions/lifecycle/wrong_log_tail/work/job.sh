#!/bin/bash
set -eu
docker run -d --name job -e ORDER="$ORDER" drydock/beacon:1 report
docker wait job > job.code
docker logs --tail 1 job > job.log 2>&1
