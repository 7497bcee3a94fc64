docker exec beacon sh -c "echo $NOTE > /srv/note"
for i in $(seq 5); do docker exec beacon test -s /srv/note || exit 1; done
docker pause beacon; sleep 1; docker unpause beacon
docker stop beacon; docker start beacon
docker exec beacon cat /srv/note
