cd "$(dirname "$0")"
docker compose -p modes up -d
