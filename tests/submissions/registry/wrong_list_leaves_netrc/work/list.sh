#!/bin/bash
echo "machine 127.0.0.1 login $REGISTRY_USER password $REGISTRY_PASSWORD" > ~/.netrc
chmod 600 ~/.netrc
curl -sn http://$REGISTRY/v2/$REPOSITORY/tags/list | jq -r '.tags[]'
