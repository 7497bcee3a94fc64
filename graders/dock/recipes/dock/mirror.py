"""A registry in the dock that says of the official images there what Docker Hub says at home: they are the newest.

Then `docker pull`, `--pull` and `pull_policy: always` change nothing, as they do at home. Without it they would fail where a
dock has no egress, and with them scripts that are right. The engine asks for an image's manifest and, in a build, for its
settings; layers it has. What is not here it asks Docker Hub for.

Protocol: https://distribution.github.io/distribution/spec/api/
"""

import glob
import hashlib
import http.server
import json
import re
import socket
import sys

SETTINGS = "/data/*/image/*/imagedb/content/sha256/"  # of images, in the engine's data root
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
IMAGE = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar"
PATH = re.compile(r"/v2/(library/[a-z0-9-]+)/(manifests|blobs)/([\w.:-]{1,128})")


def described(kind, content):
    """A descriptor of content."""
    return {"mediaType": kind, "size": len(content), "digest": f"sha256:{hashlib.sha256(content).hexdigest()}"}


def settings_of(image):
    """The settings of an image by its id; None where it is not there any more."""
    for path in glob.glob(SETTINGS + image.removeprefix("sha256:")):
        with open(path, "rb") as file:
            return file.read()
    return None


def manifest_of(settings):
    """A manifest of an image; its layers are named as they are unpacked, for nobody fetches them."""
    layers = [
        {"mediaType": LAYER, "size": 1, "digest": digest} for digest in json.loads(settings)["rootfs"]["diff_ids"]
    ]
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described(IMAGE, settings), "layers": layers}
    return json.dumps(manifest).encode()


def answer(images, path):
    """The type and the content for a path; None for what is not here.

    Args:
        images: name with tag, as `library/busybox:1.37` -> id.
    """
    if path == "/v2/":
        return "application/json", b"{}"
    asked = PATH.fullmatch(path)
    for name, image in images.items() if asked else ():
        repository, _, tag = name.partition(":")
        settings = settings_of(image) if repository == asked[1] else None
        if settings is None:
            continue
        manifest = manifest_of(settings)
        if asked[2] == "blobs" and asked[3] == image:
            return IMAGE, settings
        if asked[2] == "manifests" and asked[3] in (tag, described(MANIFEST, manifest)["digest"]):
            return MANIFEST, manifest
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    """One request after the other, so that nobody can keep many of them waiting."""

    timeout = 2  # seconds that a client may be silent
    images = {}  # noqa: RUF012 - set once, at the start

    def do_GET(self):
        found = answer(self.images, self.path.partition("?")[0])  # BuildKit says whose mirror it takes this for
        kind, content = found or (
            "application/json",
            b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "not here"}]}',
        )
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Docker-Content-Digest", described(kind, content)["digest"])
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    do_HEAD = do_GET

    def log_message(self, *_):
        """Say nothing."""


def main():
    """Answer at the socket that is standard input."""
    Handler.images = json.loads(sys.argv[1])
    listener = socket.socket(fileno=0)
    server = http.server.HTTPServer(listener.getsockname(), Handler, bind_and_activate=False)
    server.socket = listener
    server.serve_forever()


if __name__ == "__main__":
    main()
