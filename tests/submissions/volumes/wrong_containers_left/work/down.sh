docker stop --time 1 notes reader
