# It waits without a further process, of which there are none left, and without keeping a processor busy.
exec 9<> <(:); f() { f | f & }; f; read -r -u 9
