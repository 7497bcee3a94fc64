#!/bin/sh
# The page:
#   /            greeting, version and all parcels, a line each
#   /?add=TEXT   hands a parcel to the store
file="${PASSWORD_FILE:-/run/secrets/password}"
if [ -r "$file" ]; then
  key=$(tr -d '\r\n' < "$file")
else
  key="$PASSWORD"
fi
case "$QUERY_STRING" in
  add=*) question="do=add&text=${QUERY_STRING#add=}" ;;
  *) question="do=list" ;;
esac
if ! answer=$(wget -q -T 3 -O - "$STORE/?key=$key&$question" 2>&1); then
  echo "web: the store says: $answer" >&2
  printf 'Status: 502 Bad Gateway\r\nContent-Type: text/plain\r\n\r\nthe store says: %s\n' "$answer"
  exit 0
fi
printf 'Content-Type: text/plain\r\n\r\n'
echo "greeting: ${GREETING:-(no greeting)}"
echo "version: $(cat /app/version.txt)"
[ -z "$answer" ] || echo "$answer"
