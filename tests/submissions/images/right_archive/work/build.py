import copy, hashlib, io, json, subprocess, sys, tarfile
base = tarfile.open(fileobj=io.BytesIO(subprocess.run(["docker", "save", "busybox:1.37"], check=True, capture_output=True).stdout))
manifest = json.load(base.extractfile("manifest.json"))[0]
config = json.load(base.extractfile(manifest["Config"]))
layers = [base.extractfile(name).read() for name in manifest["Layers"]]
payload = open("payload", "rb").read()
def layer(**files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for name, data in files.items():
            i = tarfile.TarInfo(name.replace("WH", ".wh.")); i.size = len(data); t.addfile(i, io.BytesIO(data))
    return out.getvalue()
def image(tags, *more):
    c = copy.deepcopy(config); c.pop("history", None)
    every = [*layers, *more]
    c["rootfs"]["diff_ids"] = ["sha256:" + hashlib.sha256(x).hexdigest() for x in every]
    blobs = {f"{i}.tar": x for i, x in enumerate(every)}
    blobs["config.json"] = json.dumps(c).encode()
    blobs["manifest.json"] = json.dumps([{"Config": "config.json", "RepoTags": tags, "Layers": [f"{i}.tar" for i in range(len(every))]}]).encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for name, data in blobs.items():
            i = tarfile.TarInfo(name); i.size = len(data); t.addfile(i, io.BytesIO(data))
    subprocess.run(["docker", "load"], input=out.getvalue(), check=True)
total = f"{hashlib.sha256(payload).hexdigest()}  payload\n".encode()
big = layer(payload=payload)
image(["red:1", "red:stable"], big, layer(name=b"red\n"))
image(["blue:1"], big, layer(name=b"blue\n"))
image(["fat:1"], big, layer(sum=total, WHpayload=b""))
image(["lean:1"], layer(sum=total))
