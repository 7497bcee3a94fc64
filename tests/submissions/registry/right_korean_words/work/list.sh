#!/bin/bash
# 태그 목록
echo "태그를 조회합니다..." >&2
curl -sS -K /dev/stdin "http://$REGISTRY/v2/$REPOSITORY/tags/list" <<EOF | python3 -c "import sys,json;[print(t) for t in json.load(sys.stdin)['tags']]"
user = $REGISTRY_USER:$REGISTRY_PASSWORD
EOF
