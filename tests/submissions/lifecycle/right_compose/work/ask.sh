docker compose run --rm -T weather
