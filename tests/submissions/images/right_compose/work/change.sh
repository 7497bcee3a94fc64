set -e
docker compose --file two.yaml up --detach
docker compose --file two.yaml exec -T one tee /note <<< "$WORD"
docker container commit one committed:1
docker compose --file built.yaml build
