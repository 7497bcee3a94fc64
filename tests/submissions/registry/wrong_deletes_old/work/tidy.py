import base64, os, sys, urllib.request, json
env = os.environ
login = "Basic " + base64.b64encode((env["REGISTRY_USER"] + ":" + env["REGISTRY_PASSWORD"]).encode()).decode()
base = "http://" + env["REGISTRY"] + "/v2/" + env["REPOSITORY"]
def ask(path, method):
    accept = "application/vnd.docker.distribution.manifest.v2+json"
    return urllib.request.urlopen(urllib.request.Request(base + path, method=method, headers={"Authorization": login, "Accept": accept}))
for tag in json.load(ask("/tags/list", "GET"))["tags"]:
    if tag not in (env["VERSION"], "latest"):
        ask("/manifests/" + ask("/manifests/" + tag, "HEAD").headers["Docker-Content-Digest"], "DELETE")
