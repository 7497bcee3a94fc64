#!/bin/bash
docker save --output images.tar $(docker image inspect --format '{{.Id}}' red:1) blue:1
