docker run -t --name job -e ORDER="$ORDER" drydock/beacon:1 report | tee job.log
echo "${PIPESTATUS[0]}" > job.code
