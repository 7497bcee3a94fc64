import os, sys
os.makedirs("/data", exist_ok=True)
os.chown("/data", 10001, 10001)
os.setgroups([])
os.setgid(10001)
os.setuid(10001)
os.execvp("python", ["python", "/app/app.py", *sys.argv[1:]])
