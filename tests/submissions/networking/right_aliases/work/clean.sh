docker stop -t 0 edge middle store
docker container rm edge middle store
docker network rm inner
docker network rm outer
