#!/bin/bash
docker load --input images.tar
