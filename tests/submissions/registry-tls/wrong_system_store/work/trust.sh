#!/bin/bash
set -e
sudo cp certs/ca.crt /usr/local/share/ca-certificates/harbor.crt
sudo update-ca-certificates
