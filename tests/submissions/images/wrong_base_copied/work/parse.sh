#!/bin/bash
set -eu
rest=$1 digest='' tag='' registry=docker.io
case $rest in *@*) digest=${rest#*@} rest=${rest%%@*} ;; esac
if [[ ${rest##*/} == *:* ]]; then tag=${rest##*:} rest=${rest%:*}; fi
first=${rest%%/*}
if [[ $rest == */* && ( $first == *[.:]* || $first == localhost ) ]]; then registry=$first rest=${rest#*/}; fi
if [[ $registry == docker.io && $rest != */* ]]; then rest=library/$rest; fi
if [[ -z $tag && -z $digest ]]; then tag=latest; fi
printf '%s\n' "registry=$registry" "repository=$rest" "tag=$tag" "digest=$digest"
