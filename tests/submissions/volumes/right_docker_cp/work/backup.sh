#!/bin/bash
set -eu
rm -rf copy
docker cp notes:/notes copy
tar -czf backup/notes.tar copy
rm -rf copy
