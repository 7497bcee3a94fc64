for name in beacon flaky; do
  docker rm -f $name 2>/dev/null
done
docker run -dit --name beacon -h lighthouse -e GREETING --restart unless-stopped --log-driver local drydock/beacon:1 serve
docker run -d --name=flaky --restart=on-failure:"$TRIES" --network none drydock/beacon:1 /usr/local/bin/crash
until [ "$(docker inspect -f '{{.State.Running}}' beacon)" = true ]; do sleep 0.1; done
docker ps
