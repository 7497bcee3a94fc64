#!/bin/bash
# Starts the dock's engine. A step that fails says so on standard error, which the harness shows when the
# dock does not come up.
set -u
export container=docker
began=${EPOCHREALTIME/./}

# To start a program costs 1.5 ms, at each dock's start: so one program does many mounts, and waiting needs none.
exec {silence}<> <(:) # a pipe in which nothing ever comes
pause() { read -r -t 0.01 -u "$silence" _; }

say() { echo "dock: $*" >&2; }

# What the harness sends: settings, certificates, the submission. Where it breaks off, half a submission must not be graded.
tar -xpf - -C / || { say "cannot unpack what the harness sent"; exit 1; }
exec </dev/null

# Authorities that the machine's own network has, where somebody asked to pass them on.
! ls /usr/local/share/ca-certificates/*.crt >/dev/null 2>&1 || update-ca-certificates >/dev/null 2>&1 \
  || say "cannot take the certificate authorities in"

# Docker masks parts of /proc and /sys. A container in a user namespace may not mount its own /proc while
# any of it is masked, so the masks go first.
masks() { awk '$2 ~ "^/(proc|sys)/" && $2 !~ "^/sys/fs/cgroup" {print $2}' /proc/mounts | sort -r; }
mapfile -t masked < <(masks)
[ "${#masked[@]}" = 0 ] || umount "${masked[@]}" || umount --lazy "${masked[@]}"
# With one left no container could start, and the student would be blamed.
mapfile -t masked < <(masks)
[ "${#masked[@]}" = 0 ] || { say "masked: ${masked[*]}"; exit 1; }
mount -o remount,rw /proc 2>/dev/null || true
mount -o remount,rw /sys 2>/dev/null || true

# Everything of the student's runs below the cgroup `lab`, whose limits are tighter than the dock's own: what
# the student uses up, the dock's engine still has.
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  mount -o remount,rw /sys/fs/cgroup 2>/dev/null || true
  mkdir -p /sys/fs/cgroup/init
  # While a process is left in it, a group hands no controller down (cgroups(7), "no internal processes"). The harness's
  # attendant may come in at any moment of this, by `docker exec`, so whoever has come is moved, and it is tried again.
  for _ in {1..1000}; do
    while read -r process; do
      echo "$process" > /sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true
    done < /sys/fs/cgroup/cgroup.procs
    refused=
    for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
      echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || refused="$refused $controller"
    done
    [ -n "$refused" ] && [ -n "$(cat /sys/fs/cgroup/cgroup.procs)" ] || break
    pause # between two tries
  done
  [ -z "$refused" ] || say "cannot hand down the controllers$refused"
  mkdir -p /sys/fs/cgroup/lab
  for controller in memory pids cpu; do
    echo "+$controller" > /sys/fs/cgroup/lab/cgroup.subtree_control 2>/dev/null || true
  done
  mkdir -p /sys/fs/cgroup/lab/scripts
  [ -z "${LAB_MEMORY:-}" ] || echo "$LAB_MEMORY" > /sys/fs/cgroup/lab/memory.max || say "no memory limit for the lab"
  [ -z "${LAB_PIDS:-}" ] || echo "$LAB_PIDS" > /sys/fs/cgroup/lab/pids.max || say "no process limit for the lab"
else
  # Just those that the machine has mounted, and together as it has them: a hierarchy that began with a dock would
  # outlast it, with the groups of its containers, and take the outer engine's view of its own ones.
  mapfile -t hierarchies < <(awk 'NR == FNR { known[$1]; next }
    $3 == "cgroup" {
      set = ""
      for (i = split($4, options, ","); i > 0; i--)
        if (options[i] in known) set = options[i] (set == "" ? "" : "," set)
      if (set != "") print set
    }' /proc/cgroups /proc/mounts)
  umount -R /sys/fs/cgroup
  mount -t tmpfs cgroup /sys/fs/cgroup
  mkdir -p "${hierarchies[@]/#//sys/fs/cgroup/}"
  for controllers in "${hierarchies[@]}"; do
    echo "cgroup /sys/fs/cgroup/$controllers cgroup $controllers"
    for controller in ${controllers//,/ }; do
      [ -e "/sys/fs/cgroup/$controller" ] || ln -s "$controllers" "/sys/fs/cgroup/$controller"
    done
  done > /run/hierarchies
  mount --all --fstab /run/hierarchies || say "cannot mount all of cgroup ${hierarchies[*]}"
  mkdir -p /sys/fs/cgroup/memory/lab /sys/fs/cgroup/pids/lab
  echo 1 > /sys/fs/cgroup/memory/lab/memory.use_hierarchy 2>/dev/null || true
  [ -z "${LAB_MEMORY:-}" ] || echo "$LAB_MEMORY" > /sys/fs/cgroup/memory/lab/memory.limit_in_bytes || say "no memory limit for the lab"
  [ -z "${LAB_PIDS:-}" ] || echo "$LAB_PIDS" > /sys/fs/cgroup/pids/lab/pids.max || say "no process limit for the lab"
fi

# Docker makes its rules one by one, and by Debian's default, which speaks to nftables, a network takes twice as long as by
# iptables-legacy. Where the kernel does not know what the rules need (any more), the default it is.
try_rules() {
  "$1-restore" --noflush <<'RULES' && "$1-restore" --noflush <<'REMOVED'
*nat
:DRYDOCK - [0:0]
-A DRYDOCK -m addrtype --dst-type LOCAL -j MASQUERADE
COMMIT
*filter
:DRYDOCK - [0:0]
-A DRYDOCK -m conntrack --ctstate NEW -j REJECT
COMMIT
RULES
*nat
-F DRYDOCK
-X DRYDOCK
COMMIT
*filter
-F DRYDOCK
-X DRYDOCK
COMMIT
REMOVED
}
for tables in iptables ip6tables; do
  try_rules "$tables-legacy" 2>/dev/null || update-alternatives --set "$tables" "/usr/sbin/$tables-nft" >/dev/null \
    || say "cannot use $tables-nft"
done

start_helpers() {
  # The policy answers before the engine starts: an engine that cannot ask it refuses everything.
  python3 -I -S /usr/lib/drydock/policy.py &
  rm -f /var/run/docker.pid
  containerd --log-level error &
}

# Takes this shell's place.
run_engine() {
  for _ in {1..1000}; do
    [ -S /run/containerd/containerd.sock ] && [ -S /run/docker/plugins/labpolicy.sock ] && break
    pause
  done
  [ -S /run/containerd/containerd.sock ] || { say "containerd did not come up within 10 s"; exit 1; }
  [ -S /run/docker/plugins/labpolicy.sock ] || { say "the policy did not come up within 10 s"; exit 1; }
  say "ready for the engine after $(( (${EPOCHREALTIME/./} - began) / 1000 )) ms"
  exec {silence}<&-
  exec dockerd --config-file /etc/drydock/daemon.json
}

# Where it could be written to, crun copies itself into memory and starts once more from there: 3.5 ms instead of 2.
mount -o bind,ro /usr/bin/crun /usr/bin/crun || say "crun can be written to, and takes longer"

mkdir -p /run/containerd
mount -t tmpfs -o size=64m,mode=711 containerd /run/containerd || say "cannot keep containerd's files in memory"
start_helpers

[ ! -f /seed/data.tar ] || tar --xattrs --xattrs-include='*' --numeric-owner -xpf /seed/data.tar -C /data || say "cannot unpack the seed"
[ ! -f /incoming/work.tar ] || tar --numeric-owner -xpf /incoming/work.tar -C /work || say "cannot unpack the submission"
[ ! -f /incoming/home.tar ] || tar --numeric-owner -xpf /incoming/home.tar -C /home/student || say "cannot unpack the contexts"

# Without egress nothing new leaves by eth0. Refused, not dropped: a name that cannot be resolved must fail at
# once. Docker keeps what it finds in DOCKER-USER.
if [ "${EGRESS:-off}" = off ]; then
  # Docker's own name server keeps a script waiting for 20 s; one that nobody runs refuses at once. The options
  # pass to the containers.
  printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' > /etc/resolv.conf || say "cannot set the name server"
  for tables in iptables ip6tables; do
    beside=
    [ "$tables" = ip6tables ] || for address in ${BESIDE:-}; do
      beside="$beside
-A DOCKER-USER -d $address -j RETURN
-A OUTPUT -d $address -j ACCEPT"
    done
    "$tables-restore" --noflush <<RULES || say "cannot close egress with $tables"
*filter
:DOCKER-USER - [0:0]$beside
-A DOCKER-USER -o eth0 -m conntrack --ctstate NEW -j REJECT
-A OUTPUT -o eth0 -m conntrack --ctstate NEW -j REJECT
COMMIT
RULES
  done
fi

[ -n "${BESIDE:-}" ] || run_engine

# A node may lose its power and come back with its disk, which is the container's memory: so the first process is not
# the engine but this one, which starts it again when power.py says so.
mkdir -p /run/drydock
mkfifo /run/drydock/power
exec 3<>/run/drydock/power
while :; do
  run_engine &
  wait $!
  code=$?
  [ -e /run/drydock/off ] || exit "$code"
  : > /run/drydock/dark # or power.py might switch it on before it was seen to be off
  read -r -u 3 _
  start_helpers
done
