set -euo pipefail
docker stop beacon
docker rm --force --volumes beacon flaky job
docker volume rm beacon-srv
