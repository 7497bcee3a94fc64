#!/bin/bash
# Starts everywhere first, and moves containers afterwards.
docker network create --driver bridge --internal --subnet 192.168.77.0/28 backyard > /dev/null
docker network create --driver=bridge --subnet=$SUBNET --ip-range=$SUBNET --gateway=$GATEWAY yard > /dev/null

docker run --detach --name sealed --env MESSAGE drydock/digest:1
docker network disconnect bridge sealed
docker run --detach --name desk --network backyard --env NEXT=http://127.0.0.1:9000 drydock/relay:1
docker network connect --ip $ADDRESS --alias office --alias counter yard desk
docker run --detach --name clerk --net container:$(docker inspect -f '{{.Id}}' desk) --env MESSAGE --env LISTEN=127.0.0.1:9000 drydock/relay:1
docker run --detach --name runner --network yard --env NEXT=http://office:8080 --env MESSAGE drydock/relay:1
docker run --detach --name front --network bridge --publish 127.0.0.1:$PORT:8080/tcp --env MESSAGE drydock/relay:1
docker run --detach --name gauge --net=$HOST_NETWORK --env MESSAGE --env LISTEN=0.0.0.0:$HOST_PORT drydock/relay:1
docker ps
