# once for the code, once for the log
docker run --name job -e ORDER="$ORDER" drydock/beacon:1 report
echo $? > job.code
docker run --rm -e ORDER="$ORDER" drydock/beacon:1 report > job.log 2>&1
true
