#!/bin/bash
set -eu
docker stop beacon
docker rm beacon flaky job
