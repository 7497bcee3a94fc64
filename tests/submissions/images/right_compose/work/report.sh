set -e
a=$(docker inspect "$1") b=$(docker inspect "$2")
jq -rn --argjson a "$a" --argjson b "$b" '
  ($a[0].RootFS.Layers) as $x | ($b[0].RootFS.Layers) as $y |
  "id=" + ($a[0].Id | ltrimstr("sha256:")), "size=\($a[0].Size)", "layers=\($x | length)", "shared=\($x - ($x - $y) | length)"'
