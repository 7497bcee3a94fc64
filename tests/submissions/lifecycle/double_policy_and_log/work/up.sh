docker run -d --name beacon -e GREETING --restart always drydock/beacon:1
docker run -d --name flaky --restart on-failure:$TRIES drydock/beacon:1 crash
