#!/bin/bash
set -e
docker stop beacon
docker rm beacon
docker run -d --name beacon --restart unless-stopped -e GREETING="$GREETING" drydock/beacon:1
