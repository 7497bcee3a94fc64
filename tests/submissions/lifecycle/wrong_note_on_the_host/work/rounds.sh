docker exec beacon echo "$NOTE" > note
docker restart beacon
