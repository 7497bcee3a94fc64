set -eu
id=$(docker image inspect --format '{{.Id}}' "$1")
size=$(docker image inspect --format '{{.Size}}' "$1")
a=($(docker image inspect --format '{{range .RootFS.Layers}}{{.}} {{end}}' "$1"))
b=($(docker image inspect --format '{{range .RootFS.Layers}}{{.}} {{end}}' "$2"))
n=0
while [ $n -lt ${#a[@]} ] && [ $n -lt ${#b[@]} ] && [ "${a[$n]}" = "${b[$n]}" ]; do n=$((n+1)); done
printf 'id=%s\nsize=%s\nlayers=%s\nshared=%s\n' "$id" "$size" "${#a[@]}" "$n"
