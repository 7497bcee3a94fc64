#!/bin/bash
task=$(docker service ps --quiet --filter desired-state=running "$SERVICE" | head -n 1)
docker inspect --format 'state: {{.Status.State}}
reason: {{.Status.Err}}' "$task"
