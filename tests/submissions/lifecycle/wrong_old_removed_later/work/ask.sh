#!/bin/bash
docker run --rm --env PLACE="$PLACE" drydock/beacon:1 weather
