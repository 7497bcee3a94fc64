#!/bin/bash
set -eu
# The first of these files in cell that is there: version 2 of control groups, then version 1.
kernel() {
  docker exec cell sh -c 'for file; do [ ! -e "/sys/fs/cgroup/$file" ] || { cat "/sys/fs/cgroup/$file"; break; }; done' sh "$@"
}

echo "memory=$(kernel memory.max memory/memory.limit_in_bytes)"
if docker exec cell test -e /sys/fs/cgroup/cpu.max; then
  cpu=$(kernel cpu.max)
else
  cpu="$(kernel cpu/cpu.cfs_quota_us) $(kernel cpu/cpu.cfs_period_us)"
fi
echo "cpus=$(echo "$cpu" | awk '{ print $1 / $2 }')"
echo "processes=$(kernel pids.max pids/pids.max)"
echo "net=$(docker exec cell readlink /proc/self/ns/net | tr -dc 0-9)"
echo "pid=$(docker exec cell readlink /proc/self/ns/pid | tr -dc 0-9)"
echo "inside=$(docker exec cell pidof ticker)"
echo "outside=$(docker top cell | awk '/ticker/ { print $2 }')"
