set -e
python3 - <<'END'
import os, subprocess
run = lambda *a, **k: subprocess.run(["docker", *a], check=True, **k)
run("create", "--name", "two", "red:1"); run("create", "--name", "one", "red:1", "sh", "-c", "sleep 1000")
run("start", "one")
run("exec", "-i", "one", "tee", "/note", input=os.environ["WORD"].encode())
run("commit", "--pause=false", "--change", "ENV WORD=x", "one", "committed:1")
run("build", "--tag", "built:1", "-", input=f"FROM red:1\nRUN printf %s '{os.environ['WORD']}' > /note\n".encode())
END
