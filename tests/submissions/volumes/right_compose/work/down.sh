docker compose down --timeout 1
