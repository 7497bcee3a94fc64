#!/bin/sh
# Asks the ferry once, by its name, and passes the answer on.
FERRY="${FERRY:-http://ferry:8080/}"
if answer=$(wget -T 8 -q -O - "$FERRY" 2>&1); then
  printf 'Content-Type: text/plain\r\n\r\n%s\n' "$answer"
else
  echo "pier: cannot reach $FERRY: $answer" >&2
  printf 'Status: 502 Bad Gateway\r\nContent-Type: text/plain\r\n\r\npier cannot reach %s: %s\n' "$FERRY" "$answer"
fi
