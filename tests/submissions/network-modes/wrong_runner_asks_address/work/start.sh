#!/bin/bash
# Makes two networks, and starts six containers in five network modes. See ../README.md.
# 네트워크 두 개를 만들고 다섯 가지 네트워크 모드로 컨테이너 여섯 개를 시작합니다. ../README.ko.md를 보세요.
set -eu

# Given by whoever runs this script; what stands here is for trying it at home.
# 실행하는 쪽이 주는 변수입니다. 여기의 값은 집에서 시험할 때 쓰입니다.
: "${MESSAGE:=hello}"
: "${PORT:=8081}"
: "${HOST_NETWORK:=host}"
: "${HOST_PORT:=8090}"
: "${SUBNET:=172.28.5.0/24}"
: "${GATEWAY:=172.28.5.254}"
: "${ADDRESS:=172.28.5.20}"
export MESSAGE PORT HOST_NETWORK HOST_PORT SUBNET GATEWAY ADDRESS

# At home: remove what an earlier try left. / 집에서: 이전 시도에서 남은 것을 지웁니다.
docker rm --force front sealed gauge desk clerk runner > /dev/null 2>&1 || true
docker network rm yard backyard > /dev/null 2>&1 || true

docker network create --subnet "$SUBNET" --gateway "$GATEWAY" yard
docker network create --internal backyard
docker run -d --name front -p "127.0.0.1:$PORT:8080" -e MESSAGE="$MESSAGE" drydock/relay:1
docker run -d --name sealed --network none -e MESSAGE="$MESSAGE" drydock/digest:1
docker run -d --name gauge --network "$HOST_NETWORK" -e MESSAGE="$MESSAGE" -e LISTEN="0.0.0.0:$HOST_PORT" drydock/relay:1
docker run -d --name desk --network yard --ip "$ADDRESS" --network-alias office -e NEXT=http://127.0.0.1:9000/ drydock/relay:1
docker network connect backyard desk
docker run -d --name clerk --network container:desk -e MESSAGE="$MESSAGE" -e LISTEN=127.0.0.1:9000 drydock/relay:1
docker run -d --name runner --network yard -e NEXT="http://$ADDRESS:8080/" drydock/relay:1
