#!/bin/bash
set -euo pipefail
for image in ferry pier crane; do
  docker tag "drydock/$image:1" "$REGISTRY/$image:1"
  docker push -q "$REGISTRY/$image:1"
done
mkdir -p /tmp/pier && cp route.txt /tmp/pier/
printf 'FROM busybox:1.37\nRUN mkdir /www && printf "ferry 1 on 3f2a9c41be07\\nroute: %s\\nseal: 5f4dcc3b5aa7\\n" > /www/index.html\nCMD ["httpd", "-f", "-p", "8080", "-h", "/www"]\n' "$(cat route.txt)" > /tmp/pier/Dockerfile
docker build -q -t "$REGISTRY/pier:1" /tmp/pier
docker push -q "$REGISTRY/pier:1"
docker node update --label-add crane=yes "$CRANE_NODE"
docker stack deploy -c stack.yaml harbour
