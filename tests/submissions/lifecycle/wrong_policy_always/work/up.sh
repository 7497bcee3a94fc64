#!/bin/bash
set -eu
docker run --detach --name beacon --env GREETING="$GREETING" --restart always drydock/beacon:1
docker run --detach --name flaky --restart "on-failure:3" drydock/beacon:1 crash
