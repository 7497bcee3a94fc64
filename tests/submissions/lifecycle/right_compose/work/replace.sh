docker compose up --detach --no-deps beacon
