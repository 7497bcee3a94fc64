docker compose down --timeout 0
