#!/bin/bash
set -eu
docker run --detach --name beacon --env GREETING="$GREETING" drydock/beacon:1
docker run --detach --name flaky drydock/beacon:1 crash
