set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
. ./lib.sh
docker stop beacon && docker rm beacon && beacon_up
