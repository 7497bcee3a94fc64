#!/bin/bash
# A container that was stopped is gone, I thought.
docker stop beacon
docker run --detach --name beacon --restart unless-stopped --env GREETING drydock/beacon:1
