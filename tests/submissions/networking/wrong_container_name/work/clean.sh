#!/bin/bash
docker rm -f front middle store
docker network rm outer inner
