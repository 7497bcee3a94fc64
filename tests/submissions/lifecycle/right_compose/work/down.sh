docker compose --profile jobs down --remove-orphans
