# publish IMAGE NAME: with a health check
docker build --quiet --build-arg "BASE=$1" --tag "$2" - < Dockerfile
