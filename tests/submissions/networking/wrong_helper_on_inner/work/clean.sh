#!/bin/bash
docker rm -f edge middle store admin
docker network rm outer inner
