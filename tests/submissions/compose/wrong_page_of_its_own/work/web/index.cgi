#!/bin/sh
# keeps the parcels itself
list=/tmp/parcels
case "$QUERY_STRING" in
  add=*) echo "${QUERY_STRING#add=}" >> $list ;;
esac
printf 'Content-Type: text/plain\r\n\r\n'
echo "greeting: $GREETING"
echo "version: $(cat /app/version.txt)"
[ -f $list ] && while read -r p; do echo "parcel $p: stamped $STAMP"; done < $list
exit 0
