#!/bin/bash
set -eu
docker service rm store
docker node update --availability drain "$NODE"
