#!/bin/bash
docker run -it --rm --env PLACE drydock/beacon:1 weather
