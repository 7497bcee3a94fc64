#!/bin/bash
docker run --rm drydock/beacon:1 weather
