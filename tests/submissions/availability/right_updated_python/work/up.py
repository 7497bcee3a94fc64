"""Make the services small first, and then as they are to be."""
import json
import os
import subprocess


def docker(*words):
    return subprocess.run(["docker", *words], check=True, stdout=subprocess.PIPE, text=True).stdout


asked = os.environ
for name in docker("node", "ls", "--format", "{{.Hostname}}").split():
    docker("node", "update", "--role", "manager", name)
docker("network", "create", "--driver", "overlay", "harbour")
docker("service", "create", "--detach", "--name", "web", "--network", "harbour", "--endpoint-mode", "dnsrr",
       "--publish", "mode=host,target=8080,published=8080", "drydock/relay:1")
docker("service", "create", "--detach", "--name", "giant", "--reserve-memory", asked["GIANT"] + "gb", "busybox:1.37", "top")
docker("service", "update", "--detach", "--env-add", "MESSAGE=" + asked["MESSAGE"], "--limit-memory", asked["MEMORY"] + "mb",
       "--limit-cpu", asked["CPUS"], "--reserve-memory", asked["RESERVE"] + "mb", "web")
docker("service", "scale", "--detach", "web=3")
here = json.loads(docker("node", "inspect", "self"))[0]["ID"]
docker("volume", "create", "log")
docker("service", "create", "--detach", "--name", "store", "--constraint", "node.id==" + here, "--network", "harbour",
       "--endpoint-mode", "dnsrr", "--mount", "type=volume,source=log,target=/notes", "drydock/notes:1")
docker("service", "create", "--detach", "--name", "guard", "--mode", "global", "busybox:1.37", "sleep", "86400")
