python3 - <<"END"
import sys; sys.path.insert(0, ".")
from api import *
x = json.loads(call("POST", "/containers/beacon/exec", {"Cmd": ["sh", "-c", "printf %s \"$0\" > /srv/note", E["NOTE"]], "AttachStdout": True, "AttachStderr": True}))["Id"]
call("POST", f"/exec/{x}/start", {"Detach": False, "Tty": False})
for step in ("pause", "unpause", "stop", "start"): call("POST", f"/containers/beacon/{step}")
END
