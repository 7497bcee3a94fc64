python3 - <<"END"
import sys; sys.path.insert(0, ".")
from api import *
call("POST", "/containers/beacon/stop?t=60")
for c in json.loads(call("GET", "/containers/json?all=1")): call("DELETE", f"/containers/{c['Id']}?force=1&v=1")
END
