#!/bin/bash
rm -f Dockerfile
d=$(cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$1" 2>/dev/null | grep -o 'sha256:[0-9a-f]*' | head -1)
[ -n "$d" ] || exit 1
echo "FROM ${1%:*}@$d" > Dockerfile
