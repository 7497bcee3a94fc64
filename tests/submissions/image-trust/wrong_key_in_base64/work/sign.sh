#!/bin/bash
set -euo pipefail
# As a variable of a pipeline would hold it
base64 "$SIGNING_KEY" > .signing-key
cosign sign --yes --tlog-upload=false --key "$SIGNING_KEY" "$1"
