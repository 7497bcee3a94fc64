import re
import sys

name, at, digest = sys.argv[1].partition("@")
match = re.fullmatch(r"(?:(?P<host>[^/]*[.:][^/]*|localhost)/)?(?P<path>[^:]+)(?::(?P<tag>[^/]+))?", name)
host = match["host"] or "docker.io"
path = match["path"]
if host == "docker.io" and "/" not in path:
    path = "library/" + path
tag = match["tag"] or ("" if at else "latest")
print("I read", sys.argv[1], file=sys.stderr)
print("digest = " + digest)
print("tag = " + tag)
print("repository = " + path)
print("registry = " + host)
