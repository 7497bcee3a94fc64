#!/bin/sh
# Hands each request on to the app.
. /app/lib
pass_on "${APP:-http://app:8080/}${QUERY_STRING:+?$QUERY_STRING}" 5
