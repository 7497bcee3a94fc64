set -e
cd "$(dirname "$0")"
sh clean.sh >/dev/null 2>&1 || true
docker network create --subnet 172.30.1.0/24 --gateway 172.30.1.254 outer
docker network create --internal --subnet 172.30.2.0/28 inner
cat > store.env <<EOF
LISTEN=0.0.0.0
MESSAGE=$MESSAGE
EOF
docker run -d --restart unless-stopped --name store --network inner --ip 172.30.2.10 --env-file store.env drydock/store:1
docker run -d --restart unless-stopped --name middle --network inner --ip 172.30.2.11 -e LISTEN=0.0.0.0 -e NEXT=http://store.inner:8080/ drydock/middle:1
docker network connect --ip 172.30.1.11 outer middle
docker run -d --restart unless-stopped --name edge --network outer -e LISTEN=0.0.0.0 -e NEXT=http://middle:8080/ -p 127.0.0.1:"$PORT":8080/tcp drydock/edge:1
for i in 1 2 3 4 5 6 7 8 9 10; do
  docker exec edge wget -q -O - http://middle:8080/ && break
  sleep 0.2
done
