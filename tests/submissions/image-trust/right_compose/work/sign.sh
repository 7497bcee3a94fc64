#!/bin/bash
set -eu
digest=$(docker buildx imagetools inspect "$1" --format '{{json .Manifest.Digest}}' | tr -d '"')
repository=$(echo "$1" | sed 's/:[^:/]*$//')
cosign sign --yes --tlog-upload=false --key "$SIGNING_KEY" "$repository@$digest"
