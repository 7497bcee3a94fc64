docker stop -t 1 notes reader
