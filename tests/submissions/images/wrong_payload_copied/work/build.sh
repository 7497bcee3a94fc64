set -eu
cd "$(dirname "$0")"
docker build -q --target red -t red:1 -t red:stable .
docker build -q --target blue --tag blue:1 .
docker build -q --target fat -t fat:1 .
docker build -q --target lean -t lean:1 .
