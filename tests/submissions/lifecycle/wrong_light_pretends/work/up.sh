#!/bin/bash
set -eu
docker run -d --name beacon --restart unless-stopped -e GREETING="$GREETING" drydock/beacon:1 sh -c 'echo "beacon: lit, greeting: $GREETING"; trap "echo beacon: out; exit 0" TERM; while :; do sleep 1; done'
docker run -d --name flaky --restart "on-failure:$TRIES" drydock/beacon:1 crash
