#!/bin/bash
docker run -it --name beacon -e GREETING="$GREETING" --restart unless-stopped drydock/beacon:1
docker run -it --name flaky --restart on-failure:$TRIES drydock/beacon:1 crash
