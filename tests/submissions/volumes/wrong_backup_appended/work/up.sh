#!/bin/bash
set -eu
docker volume create --driver local --label lab=volumes --label "owner=$OWNER" notes-data
docker run -d --name notes -p "127.0.0.1:$PORT:8080" -v notes-data:/notes -v "$PWD/notes.conf:/etc/notes.conf:ro" --tmpfs /scratch drydock/notes:1
docker run -d --name reader -v notes-data:/notes:ro drydock/notes:1
