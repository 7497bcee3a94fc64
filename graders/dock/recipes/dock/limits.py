"""Take back what a container asks of the kernel beyond what the machine gives a dock.

usage: limits.py CONFIG, the settings that a container is created by (config.json of the OCI runtime specification).

An engine at home may raise its own limits; in a dock, whether it may is the machine's to say. A container that asks for
more gets what there is.
"""

import json
import os
import resource
import sys


def main():
    with open(sys.argv[1]) as file:
        config = json.load(file)
    process = config["process"]
    for limit in process.get("rlimits") or ():
        most = resource.getrlimit(getattr(resource, limit["type"]))[1] % 2**64
        limit["hard"] = min(limit["hard"], most)
        limit["soft"] = min(limit["soft"], limit["hard"])
    with open("/proc/self/oom_score_adj") as file:
        process["oomScoreAdj"] = max(process.get("oomScoreAdj", 0), int(file.read()))
    with open(sys.argv[1] + ".new", "w") as file:
        json.dump(config, file, separators=(",", ":"))
    os.replace(sys.argv[1] + ".new", sys.argv[1])


main()
