set -eu
docker network create outer
docker network create --internal inner
docker run -d --name store --network inner -e LISTEN=0.0.0.0 -e MESSAGE="$MESSAGE" drydock/store:1
ip=$(docker inspect -f '{{.NetworkSettings.Networks.inner.IPAddress}}' store)
docker run -d --name middle --network outer --add-host shop:$ip -e LISTEN=0.0.0.0 -e NEXT=shop:8080 drydock/middle:1
docker network connect inner middle
docker run -d --name edge --network outer -e LISTEN=0.0.0.0 -e NEXT=http://middle:8080/ -p "127.0.0.1:$PORT:8080" drydock/edge:1
