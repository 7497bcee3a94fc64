start() { docker run -d --name "$@" >/dev/null; }
limits="-m ${MEMORY}M --memory-reservation 16m --memory-swap ${MEMORY}M"
start cell --hostname="$NAME" $limits --cpus=$CPUS --cpu-shares 512 --pids-limit=$PIDS --ulimit nproc=2000 \
  --read-only --mount type=tmpfs,target=/scratch --tmpfs /tmp drydock/cell:1
start visitor --pid=container:cell --network=container:cell --hostname= drydock/cell:1 tail -f /dev/null
start other busybox:1.37 sleep 1000
( docker run --name hog $limits drydock/cell:1 sh -c hog )
docker inspect hog --format 'hog ended with {{.State.ExitCode}}'
