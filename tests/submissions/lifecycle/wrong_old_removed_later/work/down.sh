#!/bin/bash
set -e
docker stop beacon
docker rm beacon beacon-old flaky job
