#!/bin/bash
docker save --output images.tar red:1 red:stable blue:1
