#!/bin/bash
set -e
docker exec beacon sh -c "echo '$NOTE' > /srv/note"
docker pause beacon
docker unpause beacon
docker stop beacon
docker start beacon
