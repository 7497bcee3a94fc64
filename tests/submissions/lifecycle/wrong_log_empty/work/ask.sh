#!/bin/bash
docker run --env PLACE="$PLACE" drydock/beacon:1 weather
