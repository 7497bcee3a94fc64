#!/bin/bash
exec python3 report.py "$1" "$2"
