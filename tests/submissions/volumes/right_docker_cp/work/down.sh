docker stop --time 2 notes reader && docker rm notes reader
