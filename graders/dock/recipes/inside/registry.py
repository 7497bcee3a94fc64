"""Ask a registry of the dock through its HTTP API, and answer with one JSON object.

usage: registry.py QUESTION, a JSON object:
  {"do": "wait", ...}      until it refuses anonymous requests and takes the login: anonymous, login (HTTP codes)
  {"do": "contents", ...}  repositories: name -> tag -> [digest, digest of the image's configuration]
  {"do": "tag", "repository": r, "digest": d, "tag": t, ...}   give a manifest one more tag
with address (HOST:PORT), user and password. What cannot be had is named in `error`.
"""

import base64
import json
import sys
import time
import urllib.error
import urllib.request

LONGEST = 1 << 20
MOST_REPOSITORIES, MOST_TAGS = 20, 40
SECONDS = 10
TYPES = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
]


class Registry:
    """A registry and how to log in to it."""

    def __init__(self, question):
        self.base = f"http://{question['address']}/v2/"
        login = f"{question['user']}:{question['password']}".encode()
        self.login = {"Authorization": "Basic " + base64.b64encode(login).decode()}

    def ask(self, path, method="GET", body=None, headers=None, anonymous=False):
        """Status, headers and body of one answer."""
        every = {**({} if anonymous else self.login), "Accept": ", ".join(TYPES), **(headers or {})}
        request = urllib.request.Request(self.base + path, data=body, method=method, headers=every)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return answer.status, answer.headers, answer.read(LONGEST)
        except urllib.error.HTTPError as problem:
            return problem.code, problem.headers, b""

    def wait(self):
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                return {"anonymous": self.ask("", anonymous=True)[0], "login": self.ask("")[0]}
            except OSError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.02)  # between two tries

    def contents(self):
        found = {}
        for name in json.loads(self.ask("_catalog")[2]).get("repositories", [])[:MOST_REPOSITORIES]:
            status, _, body = self.ask(f"{name}/tags/list")
            tags = (json.loads(body).get("tags") or [])[:MOST_TAGS] if status == 200 else []
            found[name] = {tag: known for tag in tags if (known := self.manifest(name, tag))}
        return {"repositories": found}

    def manifest(self, name, tag):
        status, headers, body = self.ask(f"{name}/manifests/{tag}")
        if status != 200:
            return None
        config = (json.loads(body).get("config") or {}).get("digest", "")
        return [headers.get("Docker-Content-Digest", ""), config]

    def tag(self, name, digest, tag):
        status, headers, body = self.ask(f"{name}/manifests/{digest}")
        if status == 200:
            kind = {"Content-Type": headers.get("Content-Type", TYPES[0])}
            status = self.ask(f"{name}/manifests/{tag}", "PUT", body, kind)[0]
        return {"status": status}


def main():
    question = json.loads(sys.argv[1])
    registry = Registry(question)
    try:
        if question["do"] == "wait":
            answer = registry.wait()
        elif question["do"] == "contents":
            answer = registry.contents()
        else:
            answer = registry.tag(question["repository"], question["digest"], question["tag"])
    except (OSError, ValueError) as problem:
        answer = {"error": f"{type(problem).__name__}: {problem}"}
    json.dump(answer, sys.stdout)


main()
