for c in edge middle store; do docker rm --force $c; done
docker network rm outer inner
rm -f store.env
true
