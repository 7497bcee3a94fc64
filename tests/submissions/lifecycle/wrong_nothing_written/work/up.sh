echo "up.sh is not written yet" >&2
exit 1
