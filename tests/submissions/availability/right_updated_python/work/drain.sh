#!/bin/bash
id=$(docker node ls --filter "name=$NODE" --quiet)
docker node update --availability drain "$id"
