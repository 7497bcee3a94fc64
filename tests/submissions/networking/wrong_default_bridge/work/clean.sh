docker rm -f edge middle store
