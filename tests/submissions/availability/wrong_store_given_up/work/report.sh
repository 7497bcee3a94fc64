#!/bin/bash
docker service ps --no-trunc --format '{{.CurrentState}}: {{.Error}}' "$SERVICE"
