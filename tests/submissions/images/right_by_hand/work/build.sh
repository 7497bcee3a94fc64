#!/bin/bash
# Everything by commits, without a Dockerfile.
set -eu
docker rm -f work common > /dev/null 2>&1 || true
docker create --name common busybox:1.37
docker cp payload common:/payload
docker commit common common
for colour in red blue; do
  docker run --name work common sh -c "echo $colour > /name"
  docker commit --change 'CMD ["sh"]' work $colour:1
  docker rm work
done
docker image tag "$(docker image inspect --format '{{.Id}}' red:1)" red:stable
docker run --name work common sh -c 'sha256sum /payload > /sum; rm /payload'
docker commit work fat:1
docker rm work common
docker run -i --name work busybox:1.37 sh -c 'cat > /tmp/payload; sha256sum /tmp/payload > /sum; rm /tmp/payload' < payload
docker commit work lean:1
docker rm work
