"""Prints the name with the digest of an image that the publisher signed."""
import json
import os
import subprocess
import sys

image = sys.argv[1]
command = ["cosign", "verify", "--insecure-ignore-tlog", "--output", "json", "--key", os.environ["PUBLIC_KEY"], image]
claims = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
digest = claims[0]["critical"]["image"]["docker-manifest-digest"]
print(image.rpartition(":")[0] + "@" + digest)
