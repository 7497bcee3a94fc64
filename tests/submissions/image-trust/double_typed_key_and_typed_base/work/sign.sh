#!/bin/bash
set -euo pipefail
cosign sign --yes --tlog-upload=false --key "$SIGNING_KEY" "$1"
