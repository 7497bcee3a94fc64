import http.client, json, os, socket, struct, subprocess, sys, urllib.parse
HOST = subprocess.run(["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], check=True, capture_output=True, text=True).stdout.strip()
class Conn(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX); self.sock.connect(HOST.removeprefix("unix://"))
def call(method, path, body=None):
    c = Conn("localhost"); c.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
    r = c.getresponse(); data = r.read()
    if r.status >= 400: sys.exit(f"{method} {path}: {r.status} {data!r}")
    return data
def make(name, cmd=None, env=(), policy=None):
    q = f"?name={name}" if name else ""
    body = {"Image": "drydock/beacon:1", "Env": list(env), "HostConfig": {"RestartPolicy": policy or {}}}
    if cmd: body["Cmd"] = [cmd]
    return json.loads(call("POST", "/containers/create" + q, body))["Id"]
def logs(name):
    data = call("GET", f"/containers/{name}/logs?stdout=1&stderr=1"); out = b""
    while data:
        (n,) = struct.unpack(">I", data[4:8]); out += data[8:8 + n]; data = data[8 + n:]
    return out.decode()
E = os.environ
def beacon():
    i = make("beacon", env=[f"GREETING={E['GREETING']}"], policy={"Name": "unless-stopped"}); call("POST", f"/containers/{i}/start")
