#!/bin/bash
set -e
docker run -d --name beacon --restart unless-stopped -e GREETING="$GREETING" drydock/beacon:1
docker run -d --name flaky --restart on-failure:$TRIES drydock/beacon:1 crash
