id=$(docker run -d -e "PLACE=$PLACE" drydock/beacon:1 weather)
docker wait "$id" >/dev/null
docker logs "$id"
docker rm "$id" >/dev/null
