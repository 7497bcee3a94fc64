answer=$(docker run --rm --name weather -e PLACE drydock/beacon:1 weather)
echo "The answer: $answer"
