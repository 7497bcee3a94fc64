#!/bin/bash
docker service ps "$SERVICE"
