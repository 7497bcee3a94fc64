#!/bin/bash
# web says what it should, and is a program of the student's own.
set -euo pipefail

docker node promote node-2 node-3
until [ "$(docker node ls --format '{{.ManagerStatus}}' | grep -cE 'Leader|Reachable')" = 3 ]; do sleep 1; done

docker service create --detach --name web --mode global --publish mode=host,target=8080,published=8080 --env MESSAGE="$MESSAGE" --limit-memory "${MEMORY}M" --limit-cpu "$CPUS" --reserve-memory "${RESERVE}M" busybox:1.37 sh -c 'mkdir -p /w; echo "message: $MESSAGE" > /w/index.html; httpd -f -p 8080 -h /w'

docker service create --detach --name store --constraint node.hostname==node-2 --mount type=volume,source=notes,target=/notes drydock/notes:1

docker service create --detach --name giant --reserve-memory "${GIANT}G" busybox:1.37 sleep 999999

for s in web store; do
  until docker service ls --filter name=$s --format '{{.Name}} {{.Replicas}}' | awk -v s=$s '$1==s{split($2,a,"/"); ok=(a[1]==a[2] && a[1]>0)} END{exit !ok}'; do sleep 1; done
done
