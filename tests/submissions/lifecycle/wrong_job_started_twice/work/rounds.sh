#!/bin/bash
set -eu
docker exec --env NOTE="$NOTE" beacon sh -c 'echo "$NOTE" > /srv/note'
docker pause beacon
docker unpause beacon
docker restart beacon
