set -eu
docker rm --force one two 2>/dev/null || true
docker run --detach --name one red:1 sleep 1d
docker run --detach --name two red:1 sleep 1d
docker exec -e WORD one sh -c 'echo "$WORD" > /note'
docker commit one committed:1
docker build -t built:1 --build-arg WORD="$WORD" - <<'EOF'
FROM red:1
ARG WORD
RUN echo "$WORD" > /note
EOF
docker stop -t 0 one two
