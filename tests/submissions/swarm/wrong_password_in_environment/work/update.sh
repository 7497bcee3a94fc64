#!/bin/bash
docker service update --image "$IMAGE:latest" harbour_fery
