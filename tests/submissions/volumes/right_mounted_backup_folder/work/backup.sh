docker stop --time 1 notes
docker run --rm --volumes-from notes -v "$PWD/backup:/backup" busybox:1.37 tar cf /backup/notes.tar /notes
code=$?
docker start notes
exit "$code"
