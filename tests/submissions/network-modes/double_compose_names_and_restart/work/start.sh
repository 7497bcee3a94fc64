set -e
docker compose -p work up -d
docker restart -t 0 desk
