docker run --rm -e NOTE drydock/beacon:1 sh -c 'echo "$NOTE" > /srv/note'
docker pause beacon
docker unpause beacon
