"""Look for private keys and for a password in files, and answer with one JSON object.

usage: vault.py QUESTION, a JSON object: user, secrets (a list of texts), inside (a list of [process, [path, ...]]: files
and folders of containers to look at, too)
  -> keys: [path, mode, whether every user of the machine can read it] of the student's files that hold a private key
     lines: [place, what follows the user's name in a password file]; plain: [place, number of the secret in it]
"""

import json
import os
import re
import stat
import sys

FOLDERS = ("/work", "/home/student", "/tmp", "/var/tmp", "/etc/docker/certs.d")
MOST_FILES, LONGEST, MOST_FOUND = 2000, 1 << 20, 40
KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----")


def files(top):
    if os.path.isfile(top):
        yield top
    for where, _, names in os.walk(top):
        for name in names:
            yield os.path.join(where, name)


def read(path):
    """A regular file's first bytes, and its mode; nothing of anything else, which might block."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return b"", 0
    try:
        status = os.fstat(descriptor)
        return (os.read(descriptor, LONGEST), status.st_mode) if stat.S_ISREG(status.st_mode) else (b"", 0)
    finally:
        os.close(descriptor)


def open_to_all(path, mode):
    """Whether other users can read a file, and pass all the folders that it lies in."""
    folder = os.path.dirname(path)
    while mode & stat.S_IROTH and folder not in ("", "/"):
        if not os.stat(folder).st_mode & stat.S_IXOTH:
            return False
        folder = os.path.dirname(folder)
    return bool(mode & stat.S_IROTH)


def main():
    question = json.loads(sys.argv[1])
    secrets = [secret.encode() for secret in question["secrets"]]
    line = re.compile(rb"^" + re.escape(question["user"].encode()) + rb":(\S+)\s*$", re.M)
    tops = [("", folder) for folder in FOLDERS]
    tops += [(f"/proc/{process}/root", path) for process, paths in question["inside"] for path in paths]
    keys, lines, plain = [], [], []
    for root, top in tops:
        for number, path in enumerate(files(root + top)):
            if number >= MOST_FILES or len(keys) + len(lines) + len(plain) >= MOST_FOUND:
                break
            text, mode = read(path)
            shown = path.removeprefix(root)
            if not root and KEY.search(text):
                keys.append([shown, f"{stat.S_IMODE(mode):04o}", open_to_all(path, mode)])
            lines += [[shown, found.decode(errors="replace")[:200]] for found in line.findall(text)]
            plain += [[shown, number] for number, secret in enumerate(secrets) if secret in text][:1]
    json.dump({"keys": keys, "lines": lines, "plain": plain}, sys.stdout)


sys.stdout.reconfigure(errors="replace")
main()
