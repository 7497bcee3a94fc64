set -e
docker run --rm -v notes-backup:/from:ro -v "$VOLUME":/to busybox:1.37 sh -c 'rm -rf /to/* /to/.[!.]*; cp -a /from/. /to/'
