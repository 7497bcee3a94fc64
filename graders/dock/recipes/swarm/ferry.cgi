#!/bin/sh
# The page: version and host, the route, and a seal that only the right password gives.
if [ -n "$BROKEN" ]; then
  printf 'Status: 503 Service Unavailable\r\nContent-Type: text/plain\r\n\r\nferry %s: the engine is broken\n' "$VERSION"
  exit 0
fi
if [ -r /etc/ferry/route ]; then
  route=$(cat /etc/ferry/route)
else
  route="${ROUTE:-(no route)}"
fi
if [ -r /run/secrets/password ]; then
  password=$(tr -d '\r\n' < /run/secrets/password)
else
  password="$PASSWORD"
fi
seal='(no password)'
[ -z "$password" ] || seal=$(printf %s "$password" | md5sum | cut -c 1-12)
printf 'Content-Type: text/plain\r\n\r\nferry %s on %s\nroute: %s\nseal: %s\n' \
  "$VERSION" "$(hostname)" "$route" "$seal"
