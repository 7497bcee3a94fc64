#!/bin/bash
docker stop beacon
docker rm beacon flaky job
