#!/bin/bash
set -eu
docker rm --force beacon
docker run --detach --name beacon --env GREETING="$GREETING" --restart unless-stopped drydock/beacon:1
