set -euo pipefail
docker exec --interactive beacon sh -c 'cat > /srv/note' <<<"$NOTE"
docker pause beacon
[[ $(docker inspect --format '{{.State.Paused}}' beacon) == true ]]
docker unpause beacon
docker stop beacon
docker start beacon
deadline=$((SECONDS + 20))
until [[ $(docker inspect --format '{{.State.Health.Status}}' beacon) == healthy ]]; do (( SECONDS < deadline )) || exit 1; sleep 0.2; done
[[ $(docker exec beacon cat /srv/note) == "$NOTE" ]]
