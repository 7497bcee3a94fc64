#!/bin/bash
set -eu
rm -rf copy && mkdir copy
docker cp notes:/notes/. copy
tar -cf backup/notes.tar -C copy .
