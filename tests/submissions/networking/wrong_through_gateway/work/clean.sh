#!/bin/bash
docker rm -f edge middle store
docker network rm outer inner
