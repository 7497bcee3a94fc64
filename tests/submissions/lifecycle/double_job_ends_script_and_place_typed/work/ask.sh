#!/bin/bash
set -eu
docker run --rm --env PLACE=Busan drydock/beacon:1 weather
