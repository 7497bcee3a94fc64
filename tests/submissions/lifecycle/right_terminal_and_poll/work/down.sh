docker container stop beacon flaky
docker container prune --force
