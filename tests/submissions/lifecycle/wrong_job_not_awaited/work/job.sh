docker run --detach --name job --env ORDER drydock/beacon:1 report
echo $? > job.code
docker logs job > job.log 2>&1
