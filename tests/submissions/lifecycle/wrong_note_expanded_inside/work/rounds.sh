#!/bin/bash
set -eu
docker exec beacon sh -c 'echo "$NOTE" > /srv/note'
docker pause beacon
docker unpause beacon
docker restart beacon
