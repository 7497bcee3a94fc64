curl -s "http://127.0.0.1:$PORT/" | grep ^note: > backup/notes.tar
