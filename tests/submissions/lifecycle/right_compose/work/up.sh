docker compose up --detach beacon flaky
