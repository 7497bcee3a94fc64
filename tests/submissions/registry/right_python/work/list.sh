#!/bin/bash
exec python3 registry.py tags
