#!/bin/sh
# What the store answers:
#   /             all entries, a line each
#   /?add=TEXT    keeps an entry in /data
. /app/lib
if [ -n "$QUERY_STRING" ]; then
  text="${QUERY_STRING#add=}"
  problem=$({ printf '%s\n' "$text" > "/data/$(date +%s)-$$"; } 2>&1) || complain "$me cannot write in /data: $problem"
  say "kept: $text"
fi
printf 'Content-Type: text/plain\r\n\r\n'
echo "entries:"
for file in /data/*; do
  [ -f "$file" ] && cat "$file"
done
exit 0
