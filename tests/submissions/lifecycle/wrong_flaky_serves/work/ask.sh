docker exec --env PLACE="$PLACE" beacon weather
