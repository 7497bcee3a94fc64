docker run -d --name job -e ORDER --restart always drydock/beacon:1 report
sleep 1.5
docker inspect -f "{{.State.ExitCode}}" job > job.code
docker logs job &> job.log
