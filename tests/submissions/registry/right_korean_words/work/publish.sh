#!/bin/bash
# 비콘 앱을 빌드해서 올린다
img="$REGISTRY/$REPOSITORY"
끝() { echo "[실패] $1" >&2; docker logout "$REGISTRY" >/dev/null 2>&1; exit 1; }
docker build -q --build-arg VERSION="$VERSION" -t "$img:$VERSION" app >/dev/null || 끝 "빌드가 안 됨"
docker tag "$img:$VERSION" "$img:latest"
echo "$REGISTRY_PASSWORD" | docker login -u "$REGISTRY_USER" --password-stdin "$REGISTRY" >/dev/null 2>&1 || 끝 "아이디나 비번이 틀렸습니다"
docker push -q "$img:$VERSION" || 끝 "푸시 실패"
docker push -q "$img:latest" || 끝 "푸시 실패"
docker inspect -f '{{index .RepoDigests 0}}' "$img:$VERSION" > digest.txt
docker logout "$REGISTRY"
echo "완료: $(cat digest.txt)"
