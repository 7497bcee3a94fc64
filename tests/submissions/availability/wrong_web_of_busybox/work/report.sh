#!/bin/bash
set -euo pipefail

docker service ps --no-trunc --format '{{.Name}}: {{.CurrentState}}: {{.Error}}' "$SERVICE"
