#!/bin/bash
id=$(docker service inspect --format '{{.ID}}' "$SERVICE")
curl --silent --unix-socket /var/run/docker.sock --get http://docker/v1.45/tasks \
  --data-urlencode "filters={\"service\":[\"$id\"]}" | jq -r '.[].Status | .State + ": " + .Err'
