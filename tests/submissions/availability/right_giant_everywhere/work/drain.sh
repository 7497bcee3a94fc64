#!/bin/bash
docker node update --availability drain $NODE && sleep 10
