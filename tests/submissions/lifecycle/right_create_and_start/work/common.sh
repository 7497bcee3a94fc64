# What several scripts need.
make_beacon() {
  docker create --name beacon --env-file <(printf 'GREETING=%s\n' "$GREETING") --init drydock/beacon:1
  docker update --restart unless-stopped beacon
}
