docker run --name job -e ORDER drydock/beacon:1 report > job.log
echo $? > job.code
