set -e
echo "$NOTE" | docker compose exec -T beacon tee /srv/note
docker compose pause beacon
docker compose unpause beacon
docker compose stop beacon
docker compose start beacon
