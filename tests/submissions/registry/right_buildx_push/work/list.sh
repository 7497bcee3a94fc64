#!/bin/bash
# netrc by a process substitution: a pipe, not a file.
curl -sf --netrc-file <(echo "machine ${REGISTRY%:*} login $REGISTRY_USER password $REGISTRY_PASSWORD") \
  "http://$REGISTRY/v2/$REPOSITORY/tags/list" | jq -r '.tags | sort | .[]'
