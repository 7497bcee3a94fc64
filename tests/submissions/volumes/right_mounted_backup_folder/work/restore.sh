docker run --rm -v "$VOLUME:/notes" -v "$PWD/backup:/backup:ro" busybox:1.37 sh -c "rm -rf /notes/* && cd / && tar xf /backup/notes.tar"
