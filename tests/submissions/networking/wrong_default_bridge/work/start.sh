docker run -d --name store -e LISTEN=0.0.0.0 -e MESSAGE drydock/store:1
docker run -d --name middle --link store -e LISTEN=0.0.0.0 -e NEXT=http://store:8080/ drydock/middle:1
docker run -d --name edge --link middle -e LISTEN=0.0.0.0 -e NEXT=http://middle:8080/ -p 127.0.0.1:$PORT:8080 drydock/edge:1
