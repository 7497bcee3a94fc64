#!/bin/bash
set -eu
docker node update --availability drain "$NODE"
