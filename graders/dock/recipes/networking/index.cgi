#!/bin/sh
# The page: with NEXT set, "my name > what NEXT answers"; without, the message.
if [ -z "$NEXT" ]; then
  printf 'Content-Type: text/plain\r\n\r\n%s: %s\n' "$NAME" "${MESSAGE:-(no message)}"
elif answer=$(wget -T 3 -q -O - "$NEXT" 2>&1); then
  printf 'Content-Type: text/plain\r\n\r\n%s > %s\n' "$NAME" "$answer"
else
  echo "$NAME cannot reach $NEXT: $answer" >&2
  printf 'Status: 502 Bad Gateway\r\nContent-Type: text/plain\r\n\r\n%s cannot reach %s: %s\n' "$NAME" "$NEXT" "$answer"
fi
