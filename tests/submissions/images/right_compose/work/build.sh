docker compose build
