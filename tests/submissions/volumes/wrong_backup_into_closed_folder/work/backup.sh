docker run --rm -v notes-data:/notes -v "$PWD:/here" busybox:1.37 tar cf /here/notes.tar /notes
