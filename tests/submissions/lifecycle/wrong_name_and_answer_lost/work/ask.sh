#!/bin/bash
docker run --rm --detach --env PLACE="$PLACE" drydock/beacon:1 weather
