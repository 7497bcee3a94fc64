#!/bin/bash
docker stop beacon
docker rm --force beacon flaky job
