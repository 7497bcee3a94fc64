#!/bin/bash
set -eu
docker exec --env NOTE="$NOTE" beacon sh -c 'echo "$NOTE" > /srv/note'
docker pause beacon
docker unpause beacon
docker stop beacon
docker rm beacon
docker run -d --name beacon -e GREETING --restart unless-stopped drydock/beacon:1
