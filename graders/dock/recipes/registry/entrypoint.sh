#!/bin/sh
# Runs the registry with a configuration, one of its subcommands, or another program, as the official image does.
set -e
case "$1" in
  *.yaml | *.yml) set -- registry serve "$@" ;;
  serve | garbage-collect | help | -*) set -- registry "$@" ;;
esac
exec "$@"
