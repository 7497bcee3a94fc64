"""A registry in the dock whose tags can mean one image to cosign while it verifies and another one to everybody else.

So it acts as an attacker would who moves a tag at the worst moment: after it was verified, or after it was pulled.
It keeps as much of https://github.com/opencontainers/distribution-spec as docker, cosign and the like use, in memory.

usage: TOKEN=secret moving_registry.py PORT
The harness, which knows the token, asks at /grader with a JSON object in a POST:
  {"do": "move", "repository": r, "tag": t, "digest": d, "once_read": b}
                                     what the tag means from now on; to cosign only between when it has read the blob b,
                                     a signature, and the next question of another client
  {"do": "turn", ...}                likewise, but to everybody from when the blob b has been read, and to nobody before
  {"do": "asked", "since": n}        number: of questions so far; asked: those from the nth on
"""

import hashlib
import http.server
import json
import os
import re
import sys
import threading
import urllib.parse
import uuid

LARGEST_BODY, LARGEST_STORE, MOST_ASKED = 64 << 20, 192 << 20, 20000
TLS_HANDSHAKE = b"\x16"
UPLOADS = re.compile(r"/v2/(?P<name>.+)/blobs/uploads/(?P<id>[^/]*)")
BLOB = re.compile(r"/v2/(?P<name>.+)/blobs/(?P<digest>sha256:[0-9a-f]{64})")
MANIFEST = re.compile(r"/v2/(?P<name>.+)/manifests/(?P<reference>[^/]+)")
TAGS = re.compile(r"/v2/(?P<name>.+)/tags/list")


class Full(Exception):
    """More than this registry keeps."""


class Store:
    """What the registry holds."""

    def __init__(self):
        self.blobs, self.manifests, self.tags, self.uploads, self.moved, self.kinds, self.asked = (
            {},
            {},
            {},
            {},
            {},
            {},
            [],
        )
        self.read = set()  # digests of blobs
        self.size, self.lock = 0, threading.Lock()

    def keep(self, kind, key, value):
        self.size += len(value)
        if self.size > LARGEST_STORE:
            raise Full
        kind[key] = value

    def digest(self, name, reference, client):
        """What a tag or digest stands for, to this client."""
        if reference.startswith("sha256:"):
            return reference
        moved, signature, at_once = self.moved.get((name, reference), ("", "", False))
        if moved and at_once and not client.startswith("cosign"):
            self.read.discard(signature)  # so that it moves back for whoever verifies once more after a pull
            return moved
        if moved and signature in self.read:
            return moved
        return self.tags.get((name, reference), "")


STORE = Store()


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Registry(http.server.BaseHTTPRequestHandler):
    """One client's requests."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def handle_one_request(self):
        """One request; to a client that begins with TLS, an answer from which it sees that there is none.

        The builder tries TLS first: https://github.com/moby/buildkit/blob/v0.13.2/util/resolver/resolver.go
        """
        if self.rfile.peek(1)[:1] == TLS_HANDSHAKE:
            self.rfile.read1(LARGEST_BODY)
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            self.close_connection = True
            return
        super().handle_one_request()

    def log_message(self, *arguments):
        pass

    def body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            size = int(self.headers.get("Content-Length") or 0)
            if size > LARGEST_BODY:
                raise Full
            return self.rfile.read(size)
        whole = b""
        while size := int(self.rfile.readline(1000).partition(b";")[0], 16):
            if len(whole) + size > LARGEST_BODY:
                raise Full
            whole += self.rfile.read(size)
            self.rfile.readline(1000)
        while self.rfile.readline(1000).strip():  # trailers
            pass
        return whole

    def answer(self, status, content=b"", **headers):
        self.send_response(status)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Length", str(len(content)))
        for header, value in headers.items():
            self.send_header(header.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def say(self, record, status=200):
        self.answer(status, json.dumps(record).encode(), Content_Type="application/json")

    def unknown(self, what):
        problem = {"code": f"{what.upper()}_UNKNOWN", "message": f"{what} unknown to registry"}
        self.say({"errors": [problem]}, 404)

    def handle_one(self):
        address = urllib.parse.urlsplit(self.path)
        path, query = urllib.parse.unquote(address.path), dict(urllib.parse.parse_qsl(address.query))
        try:
            body = self.body()
            with STORE.lock:
                self.route(path, query, body)
        except Full:
            self.close_connection = True
            self.say({"errors": [{"code": "DENIED", "message": "too large for this registry"}]}, 413)
        except ValueError as problem:
            self.close_connection = True
            self.say({"errors": [{"code": "UNSUPPORTED", "message": str(problem)}]}, 400)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

    def route(self, path, query, body):
        if path == "/grader" and self.headers.get("Token") == os.environ["TOKEN"]:
            self.grader(json.loads(body))
        elif path in ("/v2", "/v2/"):
            self.say({})
        elif path == "/v2/_catalog":
            self.say({"repositories": sorted({name for name, _ in STORE.tags})})
        elif found := UPLOADS.fullmatch(path):
            self.upload(found["name"], found["id"], query, body)
        elif found := BLOB.fullmatch(path):
            self.blob(found["digest"])
        elif found := MANIFEST.fullmatch(path):
            self.manifest(found["name"], found["reference"], body)
        elif found := TAGS.fullmatch(path):
            tags = sorted(tag for name, tag in STORE.tags if name == found["name"])
            self.say({"name": found["name"], "tags": tags}) if tags else self.unknown("name")
        else:
            self.unknown("page")  # referrers too: registry:2 has no such page either

    def grader(self, wanted):
        if wanted["do"] in ("move", "turn"):
            meaning = wanted["digest"], wanted["once_read"], wanted["do"] == "move"
            STORE.moved[wanted["repository"], wanted["tag"]] = meaning
        self.say({"number": len(STORE.asked), "asked": STORE.asked[wanted.get("since", 0) :]})

    def upload(self, name, upload, query, body):
        digest = query.get("digest", query.get("mount", ""))
        if self.command == "POST" and query.get("mount") in STORE.blobs:
            return self.answer(201, Location=f"/v2/{name}/blobs/{digest}", Docker_Content_Digest=digest)
        if self.command == "POST":
            upload = uuid.uuid4().hex
            STORE.uploads[upload] = b""
        if upload not in STORE.uploads:
            return self.unknown("blob_upload")
        if self.command == "DELETE":
            del STORE.uploads[upload]
            return self.answer(204)
        STORE.keep(STORE.uploads, upload, STORE.uploads[upload] + body)
        if "digest" in query and self.command in ("POST", "PUT"):
            content = STORE.uploads.pop(upload)
            if digest_of(content) != digest:
                raise ValueError(f"the content is not {digest}")
            STORE.blobs[digest] = content
            return self.answer(201, Location=f"/v2/{name}/blobs/{digest}", Docker_Content_Digest=digest)
        status = 204 if self.command == "GET" else 202
        last = max(len(STORE.uploads[upload]) - 1, 0)
        return self.answer(
            status, Location=f"/v2/{name}/blobs/uploads/{upload}", Range=f"0-{last}", Docker_Upload_UUID=upload
        )

    def blob(self, digest):
        if digest not in STORE.blobs:
            return self.unknown("blob")
        if self.command == "DELETE":
            del STORE.blobs[digest]
            return self.answer(202)
        STORE.read.add(digest)
        content = STORE.blobs[digest]
        return self.answer(200, content, Content_Type="application/octet-stream", Docker_Content_Digest=digest)

    def manifest(self, name, reference, body):
        client = self.headers.get("User-Agent", "")
        if self.command == "PUT":
            digest = digest_of(body)
            if reference.startswith("sha256:") and reference != digest:
                raise ValueError(f"the manifest is not {reference}")
            json.loads(body)
            STORE.keep(STORE.manifests, (name, digest), body)
            STORE.kinds[digest] = self.headers.get("Content-Type", "")
            if not reference.startswith("sha256:"):
                STORE.tags[name, reference] = digest
            return self.answer(201, Location=f"/v2/{name}/manifests/{digest}", Docker_Content_Digest=digest)
        digest = STORE.digest(name, reference, client)
        content = STORE.manifests.get((name, digest))
        if len(STORE.asked) < MOST_ASKED:
            STORE.asked.append([client.partition("/")[0][:40], name, reference, digest if content else ""])
        if content is None:
            return self.unknown("manifest")
        if self.command == "DELETE":
            for tag in [tag for tag, known in STORE.tags.items() if known == digest and tag[0] == name]:
                del STORE.tags[tag]
            return self.answer(202)
        return self.answer(200, content, Content_Type=STORE.kinds[digest], Docker_Content_Digest=digest)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


Server(("0.0.0.0", int(sys.argv[1])), Registry).serve_forever()
