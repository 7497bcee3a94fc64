#!/bin/bash
set -eu
rm -rf backup/notes
docker cp notes:/notes backup/notes
tar -cf backup/notes.tar -C backup/notes .
