#!/bin/bash
set -e
cd "$(mktemp -d)"
cosign generate-key-pair
cosign sign --yes --tlog-upload=false --key cosign.key "$1"
