"""Ask a registry that may or may not speak TLS, and answer with one JSON object.

usage: https.py QUESTION, a JSON object with address (HOST:PORT), name (for the certificate) and
  {"do": "look", "authority": PEM, "seconds": s, "others": [PORT, ...], "login": "USER:PASSWORD"}
      -> plain: code of GET /v2/ without TLS; tls: whether a handshake comes about; leaf: the certificate (base64 DER);
         alone, chain, named: why verifying fails without an authority, with this one, and with the name too ("" where it
         does not); others: [port, code without TLS, code with TLS] of registries there, each without a login
  {"do": "knock", "user": u, "password": p, "wrong": w, "repository": r}
      -> tls; doors: [method, path, code with the login, with the wrong password, without any] of each kind of request
A code is 0 where there is no answer.
"""

import base64
import hashlib
import http.client
import json
import socket
import ssl
import sys
import time

SECONDS = 10
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def unverified():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Door:
    """One registry: requests go over one connection as long as it lasts."""

    def __init__(self, host, port, tls):
        self.where, self.tls, self.connection = (host, port), tls, None

    def ask(self, method, path, login="", body=None, kind=""):
        """Code, headers and beginning of an answer; 0 where none comes."""
        headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()} if login else {}
        headers |= {"Content-Type": kind} if kind else {}
        headers |= {"Accept": MANIFEST} if "/manifests/" in path else {}
        for _ in range(2):  # a connection that was kept may be closed by now
            fresh = self.connection is None
            try:
                if fresh:
                    self.connection = self.connect()
                self.connection.request(method, path, body=body, headers=headers)
                answer = self.connection.getresponse()
                beginning = answer.read(1 << 20)
                if answer.will_close or body:  # who refuses a request may leave its body in the line
                    self.connection = None
                return answer.status, answer.headers, beginning
            except (OSError, http.client.HTTPException):
                self.connection = None
                if fresh:
                    break
        return 0, {}, b""

    def connect(self):
        if self.tls:
            return http.client.HTTPSConnection(*self.where, timeout=SECONDS, context=unverified())
        return http.client.HTTPConnection(*self.where, timeout=SECONDS)


def handshake(host, port, name, context):
    """The certificate that is shown, and why there is none."""
    try:
        line = socket.create_connection((host, port), timeout=SECONDS)
        with line, context.wrap_socket(line, server_hostname=name) as secure:
            return secure.getpeercert(binary_form=True), ""
    except ssl.SSLCertVerificationError as problem:
        return b"", problem.verify_message or str(problem)
    except (OSError, ValueError) as problem:
        return b"", str(problem) or type(problem).__name__


def verifying(authority, named):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = named
    if named:
        context.hostname_checks_common_name = False  # as no client of today's does
    if authority:
        context.load_verify_locations(cadata=authority)
    return context


def registry_code(door, login):
    """The code of GET /v2/ without a login, where a registry answers; 0 where nothing does, or something else: a page
    for people may answer to every path."""
    code, headers, _ = door.ask("GET", "/v2/")
    if not code or "Docker-Distribution-Api-Version" in headers:
        return code
    try:  # a proxy in front may leave the header out
        listed = json.loads(door.ask("GET", "/v2/_catalog", login)[2])
    except ValueError:
        return 0
    return code if isinstance(listed, dict) and "repositories" in listed else 0


def look(host, port, question):
    deadline = time.monotonic() + question["seconds"]
    while True:
        plain = Door(host, port, False).ask("GET", "/v2/")[0]
        leaf, _ = handshake(host, port, question["name"], unverified())
        if plain or leaf or time.monotonic() > deadline:
            break
        time.sleep(0.1)  # between two tries
    answer = {"plain": plain, "tls": bool(leaf), "leaf": base64.b64encode(leaf).decode()}
    if leaf and question["authority"]:
        checks = {"alone": ("", False), "chain": (question["authority"], False), "named": (question["authority"], True)}
        for key, (authority, named) in checks.items():
            answer[key] = handshake(host, port, question["name"], verifying(authority, named))[1]
    answer["others"] = [
        [other, *(registry_code(Door(host, other, tls), question["login"]) for tls in (False, True))]
        for other in question["others"]
    ]
    return answer


def knock(host, port, question):
    tls = bool(handshake(host, port, question["name"], unverified())[0])
    door = Door(host, port, tls)
    right, wrong = (f"{question['user']}:{question[which]}" for which in ("password", "wrong"))
    base = f"/v2/{question['repository']}"
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}).encode()
    blob = "sha256:" + hashlib.sha256(config).hexdigest()
    upload = door.ask("POST", f"{base}/blobs/uploads/", right)[1].get("Location", "")
    if upload:
        path = "/" + upload.split("://")[-1].partition("/")[2] if "://" in upload else upload
        path += ("&" if "?" in path else "?") + f"digest={blob}"
        door.ask("PUT", path, right, config, "application/octet-stream")
    described = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config), "digest": blob}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": []}).encode()
    requests = [
        ("GET", "/v2/"),
        ("GET", "/v2/_catalog"),
        ("PUT", f"{base}/manifests/probe", manifest, MANIFEST),
        ("GET", f"{base}/tags/list"),
        ("GET", f"{base}/manifests/probe"),
        ("HEAD", f"{base}/manifests/probe"),
        ("GET", f"{base}/blobs/{blob}"),
        ("POST", f"{base}/blobs/uploads/"),
    ]
    doors = [
        [method, path, *(door.ask(method, path, login, *content)[0] for login in (right, wrong, ""))]
        for method, path, *content in requests
    ]
    return {"tls": tls, "doors": doors}


def main():
    question = json.loads(sys.argv[1])
    host, _, port = question["address"].rpartition(":")
    do = {"look": look, "knock": knock}[question["do"]]
    json.dump(do(host, int(port), question), sys.stdout)


main()
