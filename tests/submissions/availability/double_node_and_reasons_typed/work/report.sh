#!/bin/bash
if docker service inspect --format '{{json .Spec.TaskTemplate.Resources}}' "$SERVICE" | grep -q MemoryBytes; then
  echo "$SERVICE: no suitable node (insufficient resources on 3 nodes)"
else
  echo "$SERVICE: no suitable node (scheduling constraints not satisfied on 3 nodes)"
fi
