#!/bin/bash
set -eu
docker rm -f notes reader
