#!/bin/sh
# The page; two containers may write the same folder in the same second, so a note is named for its container:
#   /             the title, the draft and all notes, a line each
#   /?add=TEXT    keeps a note, in a file of its own in $NOTES_DIR
#   /?draft=TEXT  keeps the draft, in /scratch/draft
answer() {
  printf 'Status: %s\r\nContent-Type: text/plain\r\n\r\n%s\n' "$1" "$2"
  exit 0
}

text=$(httpd -d "${QUERY_STRING#*=}")
case "$QUERY_STRING" in
  add=*)
    if problem=$({ mkdir -p "$NOTES_DIR" && printf '%s\n' "$text" > "$NOTES_DIR/$(date +%s)-$(hostname)-$$.txt"; } 2>&1); then
      answer '200 OK' "added: $text"
    fi
    echo "user $(id -u) cannot write the note: $problem" >&2
    answer '500 Internal Server Error' "user $(id -u) cannot write the note: $problem"
    ;;
  draft=*)
    if problem=$({ printf '%s\n' "$text" > /scratch/draft; } 2>&1); then
      answer '200 OK' "draft: $text"
    fi
    echo "user $(id -u) cannot write the draft: $problem" >&2
    answer '500 Internal Server Error' "user $(id -u) cannot write the draft: $problem"
    ;;
esac

printf 'Content-Type: text/plain\r\n\r\n'
title=$(sed -n 's/^title *= *//p' /etc/notes.conf 2>/dev/null)
echo "title: ${title:-(no title)}"
draft=$(cat /scratch/draft 2>/dev/null)
echo "draft: ${draft:-(no draft)}"
for file in "$NOTES_DIR"/*.txt; do
  [ -f "$file" ] && sed 's/^/note: /' "$file"
done
exit 0
