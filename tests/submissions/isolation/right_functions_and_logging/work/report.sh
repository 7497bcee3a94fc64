#!/bin/sh
# as the host sees it: the visitor knows the ticker, and /proc on the host knows the groups
number=$(docker exec visitor pidof ticker)
echo "inside=$number"
top=$(docker top cell -eo pid,args | grep '[t]icker' | awk '{print $1}')
echo "outside=$top"
echo "net='$(docker exec visitor readlink /proc/1/ns/net)'"
echo "pid='$(docker exec visitor readlink /proc/self/ns/pid)'"
group=$(docker exec cell sh -c 'ls /sys/fs/cgroup/cpu.max' 2>/dev/null)
if [ -n "$group" ]; then
  memory=$(docker exec cell cat /sys/fs/cgroup/memory.max)
  processes=$(docker exec cell cat /sys/fs/cgroup/pids.max)
  set -- $(docker exec cell cat /sys/fs/cgroup/cpu.max)
else
  memory=$(docker exec cell cat /sys/fs/cgroup/memory/memory.limit_in_bytes)
  processes=$(docker exec cell cat /sys/fs/cgroup/pids/pids.max)
  set -- $(docker exec cell cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us)
fi
echo "memory=$memory"
echo "cpus=$(printf '%d\n' $(( $1 * 1000 / $2 )) | awk '{printf "%.3f", $1 / 1000}')"
echo "processes=$processes"
