#!/bin/bash
set -eu
docker stop beacon
docker rm beacon
docker run --detach --name beacon --env GREETING="$GREETING" --restart unless-stopped drydock/beacon:1
