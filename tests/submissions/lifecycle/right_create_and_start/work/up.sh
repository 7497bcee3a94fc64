#!/usr/bin/env bash
source ./common.sh
make_beacon
docker start beacon
docker create --name flaky --restart=on-failure:${TRIES} drydock/beacon:1 crash
docker start flaky
