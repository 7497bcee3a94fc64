#!/bin/bash
docker exec -it beacon sh -c "echo '$NOTE' > /srv/note"
docker pause beacon
docker unpause beacon
docker restart beacon
