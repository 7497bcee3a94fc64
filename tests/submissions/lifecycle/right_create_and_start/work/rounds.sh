cd "$(dirname "$0")"
id=$(docker ps -q -f name=^beacon$)
printf '%s\n' "$NOTE" > note.txt
docker cp note.txt "$id:/srv/note"
docker pause "$id" && docker inspect -f '{{.State.Status}}' "$id" && docker unpause "$id"
docker kill --signal TERM "$id"
docker wait "$id"
docker start "$id"
