#!/bin/bash
set -eu
docker exec -e NOTE="$NOTE" beacon sh -c 'printf "%s\n" "$NOTE" > /srv/note'
docker pause beacon
docker unpause beacon
docker stop beacon
docker start beacon
