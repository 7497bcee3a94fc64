set -e
docker run -d --name one red:1 sleep 3600
docker run -d --name two red:1 sleep 3600
docker exec one sh -c "echo '$WORD' > /note"
docker run --name tmp red:1 sh -c "echo '$WORD' > /note"
docker commit tmp committed:1
docker rm tmp
docker build --build-arg WORD="$WORD" --tag built:1 --file note.Dockerfile .
