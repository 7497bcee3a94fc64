#!/bin/sh
LISTEN=$(python -c 'import socket; print(socket.gethostbyname(socket.gethostname()))') exec python /app/app.py "$@"
