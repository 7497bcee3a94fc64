#!/bin/bash
docker node update --availability pause "$NODE"
