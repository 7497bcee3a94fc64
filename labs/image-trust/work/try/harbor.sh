#!/bin/bash
# Makes a registry to try with, keys in ~/image-trust, and images of all kinds. Not graded.
# 연습용 레지스트리, ~/image-trust의 키, 여러 가지 이미지를 만듭니다. 채점하지 않습니다.
set -euo pipefail
port=${1:-5000} keys=~/image-trust
registry=localhost:$port
export COSIGN_PASSWORD=try-me

docker rm --force lab-registry > /dev/null 2>&1 || true
docker run --detach --name lab-registry --publish "127.0.0.1:$port:5000" registry:2 > /dev/null
curl --silent --output /dev/null --retry 30 --retry-all-errors --retry-delay 1 "http://$registry/v2/"

mkdir -p "$keys"
for name in publisher stranger release; do
  [ -e "$keys/$name.key" ] || cosign generate-key-pair --output-key-prefix "$keys/$name"
done

make() { # NAME: an image that says its name, in the registry only / 자기 이름을 출력하는 이미지
  printf 'FROM busybox:1.37\nCMD ["sh", "-c", "echo %s; trap \\"exit 0\\" TERM; while :; do sleep 3600 & wait $!; done"]\n' "$1" \
    | docker build --quiet --tag "$registry/$1" - > /dev/null
  docker push --quiet "$registry/$1"
  docker rmi "$registry/$1" > /dev/null
}

sign() { # NAME KEY
  said=$(cosign sign --yes --tlog-upload=false --key "$keys/$2.key" "$registry/$1" 2>&1) || { echo "$said" >&2; exit 1; }
}

for name in pier/app:{1.0,1.1,2.0,2.1,2.2,3.0} pier/base:{1.0,2.0}; do make "$name"; done
for name in pier/app:{1.0,1.1} pier/base:1.0; do sign "$name" publisher; done
sign pier/app:2.2 stranger

# The signature of 1.0, at the place where cosign looks for that of 2.1 / 1.0의 서명을 2.1의 서명 자리에 복사
from=$(cosign triangulate "$registry/pier/app:1.0") to=$(cosign triangulate "$registry/pier/app:2.1")
kind=application/vnd.oci.image.manifest.v1+json url=http://$registry/v2/pier/app/manifests
curl --silent --fail --header "Accept: $kind" "$url/${from##*:}" \
  | curl --silent --fail --request PUT --header "Content-Type: $kind" --data-binary @- "$url/${to##*:}"
