#!/bin/bash
set -e
docker tag drydock/ferry:2 "$REGISTRY/ferry:2"
docker push -q "$REGISTRY/ferry:2"
docker service update -d --image "$REGISTRY/ferry:2" harbour_ferry
