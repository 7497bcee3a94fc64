#!/bin/bash
docker node update --availability drain node-2
