"""Look for secrets in the student's files, and answer with a JSON list of [path, number of the secret].

usage: secrets.py SECRETS, a JSON list of strings
"""

import json
import os
import stat
import sys

FOLDERS = ("/work", "/home/student", "/tmp", "/var/tmp", "/dev/shm")
MOST_FILES, LONGEST, MOST_FOUND = 5000, 8 << 20, 20


def files():
    for folder in FOLDERS:
        for where, _, names in os.walk(folder):
            for name in names:
                yield os.path.join(where, name)


def read(path):
    """A regular file's first bytes; nothing of anything else, which might block."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, LONGEST) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    finally:
        os.close(descriptor)


def main():
    secrets = [secret.encode() for secret in json.loads(sys.argv[1])]
    found = []
    for number, path in enumerate(files()):
        if number >= MOST_FILES or len(found) >= MOST_FOUND:
            break
        text = read(path)
        found += [[path, which] for which, secret in enumerate(secrets) if secret in text]
    json.dump(found, sys.stdout)


sys.stdout.reconfigure(errors="replace")
main()
