#!/bin/bash
docker rm -f notes reader
