import json
import subprocess
import sys

first, second = (
    json.loads(subprocess.run(["docker", "image", "inspect", name], check=True, capture_output=True).stdout)[0]
    for name in sys.argv[1:3]
)
shared = 0
for mine, other in zip(first["RootFS"]["Layers"], second["RootFS"]["Layers"]):
    if mine != other:
        break
    shared += 1
print(f"id={first['Id']}\nsize={first['Size']}\nlayers={len(first['RootFS']['Layers'])}\nshared={shared}")
