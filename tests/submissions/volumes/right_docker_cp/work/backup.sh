docker cp notes:/notes/. - > backup/notes.tar
