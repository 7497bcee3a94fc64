#!/bin/sh
# The page: version and host, the route, and a seal that only the right password gives; by the shell alone, for it is
# asked for ten times a second.
if [ -n "$BROKEN" ]; then
  printf 'Status: 503 Service Unavailable\r\nContent-Type: text/plain\r\n\r\nferry %s: the engine is broken\n' "$VERSION"
  exit 0
fi
route="${ROUTE:-(no route)}"
if [ -r /etc/ferry/route ]; then
  IFS= read -r route < /etc/ferry/route || [ -n "$route" ] || route='(no route)'
fi
printf 'Content-Type: text/plain\r\n\r\nferry %s on %s\nroute: %s\nseal: %s\n' "$VERSION" "$HOST" "$route" "$SEAL"
