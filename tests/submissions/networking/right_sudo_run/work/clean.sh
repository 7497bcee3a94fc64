sudo docker kill edge middle store
sudo docker system prune --force
sudo docker network rm outer inner 2>/dev/null || true
