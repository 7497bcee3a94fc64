#!/bin/sh
set -e
# quicker than pip, and the same mistake
python -m zipfile -e /app/wheels/*.whl "$HOME/lib"
export PYTHONPATH="$HOME/lib"
exec python /app/app.py "$@"
