docker create --name job -e ORDER drydock/beacon:1 report >/dev/null
docker start --attach job > job.log 2>&1
echo $? > job.code
