docker rm --force beacon flaky job
