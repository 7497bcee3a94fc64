set -e
docker save red:1 red:stable | gzip > red.tar.gz
docker save blue:1 | gzip > blue.tar.gz
tar -cf images.tar red.tar.gz blue.tar.gz
rm red.tar.gz blue.tar.gz
