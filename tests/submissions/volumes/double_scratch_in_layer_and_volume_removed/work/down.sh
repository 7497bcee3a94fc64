#!/bin/bash
docker rm -f notes reader
docker volume rm notes-data
