docker stop beacon
docker rm -f beacon flaky job
