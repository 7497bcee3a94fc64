docker rm -f notes reader
