docker export notes > backup/notes.tar
