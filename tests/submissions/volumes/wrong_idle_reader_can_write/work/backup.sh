#!/bin/bash
set -eu
mkdir -p backup
docker exec notes tar -C /notes -cf - . > backup/notes.tar
