docker rm notes reader
