set -eu
for name in red blue fat lean; do docker build --target "$name" --tag "$name" .; done
docker tag red red:stable
