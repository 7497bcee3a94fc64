#!/bin/sh
# The page: with NEXT set, "relay > what NEXT answers"; without, the message. A caller sees what went wrong further on.
printf 'Content-Type: text/plain\r\n\r\n'
if [ -z "$NEXT" ]; then
  echo "message: ${MESSAGE:-(no message)}"
elif answer=$(wget -T 3 -q -O - "$NEXT" 2>&1); then
  echo "relay > $answer"
else
  echo "relay cannot reach $NEXT: $answer"
fi
