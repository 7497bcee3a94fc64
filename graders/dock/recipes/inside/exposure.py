"""Tell where containers show secrets that they ought not to have there: for each a JSON list of [place, secret's number].

usage: exposure.py QUESTION, a JSON object:
  {"secrets": ["..."], "containers": [{"pid": 12, "all": [12, 34], "paths": ["/run/secrets", "/data"]}]}
`all` are the container's processes in the dock's numbers, whose environment and arguments are looked at; `paths` are
files and folders as the container sees them, whose files are. A place is `environment`, `arguments` or a file's path.

Nothing of a container's runs for it.
"""

import json
import os
import stat
import sys

MOST_FILES, LONGEST = 3000, 1 << 20


def read(path):
    """A regular file's first bytes; nothing of anything else, which might block."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, LONGEST) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def files(root, path):
    """The files at a path below a process's root."""
    whole = root + path
    if not os.path.isdir(whole):
        yield path
        return
    for folder, _, names in os.walk(whole):
        for name in names:
            yield os.path.join(folder, name).removeprefix(root)


def look(secrets, container):
    places = []

    def search(text, place):
        for number, secret in enumerate(secrets):
            if secret in text and [place, number] not in places:
                places.append([place, number])

    for pid in container["all"]:
        for place, name in (("environment", "environ"), ("arguments", "cmdline")):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    text = file.read(LONGEST)
            except OSError:
                continue
            search(text, place)
    root = f"/proc/{container['pid']}/root"
    left = MOST_FILES
    for path in container["paths"]:
        for file in files(root, path):
            left -= 1
            if left < 0:
                return places
            search(read(root + file), file)
    return places


def main():
    question = json.loads(sys.argv[1])
    secrets = [secret.encode() for secret in question["secrets"]]
    json.dump([look(secrets, container) for container in question["containers"]], sys.stdout)


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")
    main()
