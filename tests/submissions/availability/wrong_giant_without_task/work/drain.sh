#!/bin/bash
set -euo pipefail

docker node update --availability drain "$NODE"
until [ -z "$(docker node ps "$NODE" --filter desired-state=running -q)" ] && ! docker node ps "$NODE" --format '{{.CurrentState}}' | grep -q '^Running'; do sleep 1; done
