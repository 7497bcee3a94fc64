set -e
tar -xf images.tar
for file in red.tar.gz blue.tar.gz; do docker load -i $file; done
