#!/bin/sh
# What the store answers:
#   /                               that it is open, to everyone
#   /?key=K&do=list                 all parcels, a line each
#   /?key=K&do=add&text=T           takes a parcel
#   /?key=K&do=take                 hands out a parcel that waits: its id
#   /?key=K&do=done&id=I&stamp=S    keeps the stamp of a parcel that was handed out
answer() {
  printf 'Status: %s\r\nContent-Type: text/plain\r\n\r\n%s\n' "$1" "$2"
  exit 0
}

refuse() {
  echo "store: $2" >&2
  answer "$1" "$2"
}

# The worker asks all the time: what needs no decoding starts no program.
set -f
IFS='&'
for pair in $QUERY_STRING; do
  value=${pair#*=}
  case "$value" in
    *[%+]*) value=$(httpd -d "$value") ;;
  esac
  case "$pair" in
    key=*) key="$value" ;;
    do=*) what="$value" ;;
    text=*) text="$value" ;;
    id=*) id="${value##*/}" ;;
    stamp=*) stamp="$value" ;;
  esac
done
unset IFS
set +f

[ -n "$what" ] || answer '200 OK' 'store: open'
password=$(/app/password)
[ -n "$password" ] || refuse '403 Forbidden' 'no password: neither a file /run/secrets/password nor a variable PASSWORD'
[ "$key" = "$password" ] || refuse '403 Forbidden' 'wrong password'

cd /data || refuse '500 Internal Server Error' 'no folder /data'
case "$what" in
  add)
    name="$(date +%s)-$$"
    problem=$({ printf '%s' "$text" > "$name.part" && mv "$name.part" "$name.new"; } 2>&1) \
      || refuse '500 Internal Server Error' "cannot write to /data: $problem"
    answer '200 OK' "added: $text"
    ;;
  take)
    for file in *.new; do
      if [ -f "$file" ] && mv "$file" "${file%.new}.taken" 2>/dev/null; then
        answer '200 OK' "${file%.new}"
      fi
    done
    answer '200 OK' ''
    ;;
  done)
    [ -f "$id.taken" ] || answer '404 Not Found' 'no such parcel'
    printf '%s: stamped %s' "$(cat "$id.taken")" "$stamp" > "$id.part" && mv "$id.part" "$id.done" && rm "$id.taken"
    answer '200 OK' 'done'
    ;;
esac

printf 'Content-Type: text/plain\r\n\r\n'
for file in *.new *.taken *.done; do
  [ -f "$file" ] || continue
  case "$file" in
    *.new) echo "parcel $(cat "$file"): waits" ;;
    *.taken) echo "parcel $(cat "$file"): in hand" ;;
    *.done) echo "parcel $(cat "$file")" ;;
  esac
done
exit 0
