#!/bin/sh
# What the app answers:
#   /             all entries of the store
#   /?add=TEXT    hands an entry to the store, with its seal: the SHA-256 of KEY:TEXT
. /app/lib
store="${STORE:-http://store:8080/}"
[ -n "$QUERY_STRING" ] || pass_on "$store" 3

file="${KEY_FILE:-/run/secrets/key}"
if [ -e "$file" ]; then
  key=$(cat "$file" 2>&1) || complain "$me cannot read the key: $key"
else
  key="$KEY"
fi
[ -n "$key" ] || complain "$me has no key: neither a file $file nor a variable KEY"
text="${QUERY_STRING#add=}"
seal=$(printf '%s:%s' "$key" "$text" | sha256sum | cut -d ' ' -f 1)
pass_on "$store?add=$text-$seal" 3
