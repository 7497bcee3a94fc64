#!/bin/bash
set -eu
api() { curl --silent --show-error --fail --unix-socket /var/run/docker.sock -X "$1" -H 'Content-Type: application/json' "http://docker/v1.44$2" --data "${3-}"; echo; }
api POST /networks/create '{"Name":"outer","Driver":"bridge"}'
api POST /networks/create '{"Name":"inner","Driver":"bridge","Internal":true}'
api POST /containers/create?name=store "{\"Image\":\"drydock/store:1\",\"Env\":[\"LISTEN=0.0.0.0\",\"MESSAGE=$MESSAGE\"],\"HostConfig\":{\"NetworkMode\":\"inner\"}}"
api POST /containers/create?name=middle '{"Image":"drydock/middle:1","Env":["LISTEN=0.0.0.0","NEXT=http://store:8080/"],"NetworkingConfig":{"EndpointsConfig":{"outer":{},"inner":{}}},"HostConfig":{"NetworkMode":"outer"}}'
api POST /containers/create?name=edge "{\"Image\":\"drydock/edge:1\",\"Env\":[\"LISTEN=0.0.0.0\",\"NEXT=http://middle:8080/\"],\"HostConfig\":{\"NetworkMode\":\"outer\",\"PortBindings\":{\"8080/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"$PORT\"}]}}}"
for c in store middle edge; do api POST /containers/$c/start; done
