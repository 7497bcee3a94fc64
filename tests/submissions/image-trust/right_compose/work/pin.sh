#!/bin/bash
base=$(python3 trust.py "$1") && sed -i "s|^ARG BASE=.*|ARG BASE=$base|" Dockerfile
