docker compose exec -T cell sh -c '
cd /sys/fs/cgroup
if [ -f cpu.max ]; then
  read -r quota period < cpu.max
  memory=$(cat memory.max) processes=$(cat pids.max)
else
  quota=$(cat cpu/cpu.cfs_quota_us) period=$(cat cpu/cpu.cfs_period_us)
  memory=$(cat memory/memory.limit_in_bytes) processes=$(cat pids/pids.max)
fi
echo "memory = $memory"
awk "BEGIN { printf \"cpus = %.2f\\n\", $quota / $period }"
echo "processes = $processes"
echo "net = $(readlink /proc/self/ns/net)"
echo "pid = $(readlink /proc/self/ns/pid)"
echo "inside = $(pidof ticker)"'
for process in $(docker top cell -eo pid | tail -n +2); do
  [ "$(cat /proc/$process/comm)" != ticker ] || echo "outside = $process"
done
