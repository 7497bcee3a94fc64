beacon_up() {
  docker run --detach --name beacon --label course=docker --env "GREETING=${GREETING}" --restart unless-stopped \
    --read-only --volume beacon-srv:/srv --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --memory 64m --pids-limit 64 \
    --stop-timeout 30 --health-cmd 'test -d /srv' --health-interval 1s --health-retries 3 drydock/beacon:1
}
