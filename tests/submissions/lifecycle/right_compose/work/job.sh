docker compose up --no-log-prefix --no-deps job
docker inspect --format '{{.State.ExitCode}}' job > job.code
docker compose logs --no-log-prefix job &> job.log
