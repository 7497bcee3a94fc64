#!/bin/bash
# a number behind a colon is a port, anything else a tag
ref=$1; digest=; tag=; reg=docker.io
case $ref in *@*) digest=${ref#*@}; ref=${ref%@*};; esac
if [[ ${ref##*:} != "$ref" && ! ${ref##*:} =~ ^[0-9]+(/|$) ]]; then tag=${ref##*:}; ref=${ref%:*}; fi
first=${ref%%/*}
if [[ $ref == */* && ( $first == *.* || $first == *:* || $first == localhost ) ]]; then reg=$first; ref=${ref#*/}; fi
[[ $reg == docker.io && $ref != */* ]] && ref=library/$ref
[[ -z $tag && -z $digest ]] && tag=latest
printf '%s\n' "registry=$reg" "repository=$ref" "tag=$tag" "digest=$digest"
