#!/bin/bash
docker images --format "{{.Tag}}" "$REGISTRY/$REPOSITORY"
