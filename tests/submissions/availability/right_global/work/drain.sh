#!/bin/bash
docker node update --availability drain $NODE > /dev/null || exit 1
until [ -z "$(docker node ps -q --filter desired-state=running $NODE)" ]; do sleep 0.5; done
docker node ps $NODE
