set -e
docker restart beacon
docker pause beacon
docker unpause beacon
docker exec -e NOTE beacon sh -c 'echo $NOTE > /srv/note'
