#!/bin/bash
docker service ps --no-trunc $SERVICE
