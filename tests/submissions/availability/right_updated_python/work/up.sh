#!/bin/bash
exec python3 up.py
