#!/bin/bash
docker run --detach --name beacon --restart unless-stopped drydock/beacon:1 --env GREETING="$GREETING"
docker run --detach --name flaky --restart "on-failure:$TRIES" drydock/beacon:1 crash
