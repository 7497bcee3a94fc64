#!/bin/sh
# The page: the host.
printf 'Content-Type: text/plain\r\n\r\ncrane on %s\n' "$(hostname)"
