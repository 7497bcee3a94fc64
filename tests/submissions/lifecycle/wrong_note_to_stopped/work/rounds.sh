set -eu
docker pause beacon; docker unpause beacon
docker stop beacon
echo "$NOTE" > note; docker cp note beacon:/srv/note
docker start beacon
