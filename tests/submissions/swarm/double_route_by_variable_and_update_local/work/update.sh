#!/bin/bash
set -e
docker service update --detach --quiet --image "$IMAGE" harbour_ferry
