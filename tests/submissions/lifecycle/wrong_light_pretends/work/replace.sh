#!/bin/bash
set -eu
docker stop beacon
docker rm beacon
docker run -d --name beacon --restart unless-stopped -e GREETING="$GREETING" drydock/beacon:1 sh -c 'echo "beacon: lit, greeting: $GREETING"; trap "echo beacon: out; exit 0" TERM; while :; do sleep 1; done'
