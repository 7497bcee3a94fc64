#!/bin/bash
set -eu
ref=$1
digest=''; tag=''; registry=docker.io
case $ref in *@*) digest=${ref#*@}; ref=${ref%%@*};; esac
last=${ref##*/}
if [[ $last == *:* ]]; then tag=${last##*:}; ref=${ref%:*}; fi
first=${ref%%/*}
if [[ $ref == */* && ( $first == *.* || $first == *:* || $first == localhost ) ]]; then registry=$first; ref=${ref#*/}; fi
if [[ $registry == docker.io && $ref != */* ]]; then ref=library/$ref; fi
if [[ -z $tag && -z $digest ]]; then tag=latest; fi
echo "registry=$registry"; echo "repository=$ref"; echo "tag=$tag"; echo "digest=$digest"
