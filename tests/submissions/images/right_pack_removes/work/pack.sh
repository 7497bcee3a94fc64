set -e
docker save -o images.tar red:1 red:stable blue:1
docker rm -f one two
docker image rm -f red:1 red:stable blue:1
