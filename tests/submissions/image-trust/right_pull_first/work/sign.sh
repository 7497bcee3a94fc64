#!/bin/bash
cosign sign -y --tlog-upload=false --key "$SIGNING_KEY" "$1"
