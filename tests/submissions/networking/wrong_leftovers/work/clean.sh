docker stop -t 0 edge middle store
docker network rm outer
docker network rm inner
exit 0
