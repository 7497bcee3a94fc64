#!/bin/bash
docker node update --availability drain "$NODE"
