docker container stop beacon && docker container rm beacon && bash up.sh
