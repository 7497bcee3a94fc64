#!/bin/bash
docker run --rm -e PLACE="$PLACE" drydock/beacon:1 weather
