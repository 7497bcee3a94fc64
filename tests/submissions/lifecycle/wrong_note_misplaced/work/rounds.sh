docker exec -e NOTE beacon sh -c 'echo "$NOTE" > /note'
docker pause beacon
docker unpause beacon
docker restart beacon
