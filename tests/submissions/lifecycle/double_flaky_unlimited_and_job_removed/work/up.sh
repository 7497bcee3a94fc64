#!/bin/bash
set -eu
docker run --detach --name beacon --restart unless-stopped --env GREETING drydock/beacon:1
docker run --detach --name flaky --restart on-failure drydock/beacon:1 crash
