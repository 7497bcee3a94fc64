#!/bin/bash
set -eu
docker run --detach --name beacon --env GREETING="$GREETING" --restart unless-stopped drydock/beacon:1
docker run --detach --name flaky --restart "on-failure:$TRIES" drydock/beacon:1 crash
