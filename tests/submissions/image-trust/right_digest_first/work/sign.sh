#!/bin/bash
set -e
signature=$(cosign triangulate "$1")
digest=${signature##*:}
digest=${digest%.sig}
cosign sign --tlog-upload=false --yes --key "$SIGNING_KEY" "${1%:*}@${digest/-/:}"
