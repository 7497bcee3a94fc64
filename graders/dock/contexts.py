"""Contexts of the docker command: the names under which a student's client knows other engines.

A context is two folders below `.docker/contexts`, named after the SHA-256 of its name: what it is, and its keys.
Source: https://github.com/docker/cli/blob/master/cli/context/store/doc.go
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import PurePosixPath

from graders.dock.authority import Certificates
from graders.dock.submission import STUDENT


def contexts(engines: Mapping[str, str], certificates: Certificates) -> bytes:
    """A tar of a home folder with a context for each engine.

    Args:
        engines: name -> `tcp://HOST:PORT`.
        certificates: whose student's pair is used.
    """
    files: dict[str, bytes] = {}
    for name, address in engines.items():
        folder = hashlib.sha256(name.encode()).hexdigest()
        endpoint = {"docker": {"Host": address, "SkipTLSVerify": False}}
        files[f"meta/{folder}/meta.json"] = json.dumps({"Name": name, "Metadata": {}, "Endpoints": endpoint}).encode()
        files[f"tls/{folder}/docker/ca.pem"] = certificates.authority
        files[f"tls/{folder}/docker/cert.pem"] = certificates.student_certificate
        files[f"tls/{folder}/docker/key.pem"] = certificates.student_key
    return _packed({f".docker/contexts/{path}": content for path, content in files.items()})


def _packed(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    folders = {str(parent) for path in files for parent in PurePosixPath(path).parents} - {"."}
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in sorted({*folders, *files}):
            entry = tarfile.TarInfo(path)
            entry.uid = entry.gid = STUDENT
            if path in folders:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o700
                archive.addfile(entry)
                continue
            entry.mode, entry.size = 0o600, len(files[path])
            archive.addfile(entry, io.BytesIO(files[path]))
    return packed.getvalue()
