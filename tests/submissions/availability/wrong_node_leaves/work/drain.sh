#!/bin/bash
docker --context "$NODE" swarm leave --force
