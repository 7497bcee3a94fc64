#!/bin/bash
set -e
mkdir -p keys
cp "$SIGNING_KEY" keys/release.key
cosign sign --yes --tlog-upload=false --key keys/release.key "$1"
