#!/bin/bash
set -eu
docker rm -f edge middle store
docker network rm outer inner
