#!/bin/bash
docker rm beacon flaky job
