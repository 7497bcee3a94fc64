#!/bin/bash
# The reader idles; who wants to read enters it.
set -eu
docker volume create --driver local --label lab=volumes --label "owner=$OWNER" notes-data
docker create --name notes -p "127.0.0.1:$PORT:8080" -v notes-data:/notes -v "$PWD/notes.conf:/etc/notes.conf:ro" --tmpfs /scratch drydock/notes:1
docker start notes
docker run -d --name reader -v notes-data:/notes:ro --entrypoint sleep drydock/notes:1 1000000
