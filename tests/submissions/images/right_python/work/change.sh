#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
for name in one two; do
  docker rm -f "$name" 2> /dev/null || true
  docker create --name "$name" red:1
done
echo "$WORD" > note
docker cp note one:/note
docker commit --message "wrote the note" --author me one committed:1
docker build -t built:1 -f - . <<'END'
FROM red:1
COPY note /note
END
rm note
