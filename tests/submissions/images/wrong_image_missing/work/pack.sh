#!/bin/bash
docker save --output images.tar red:1 blue:1
