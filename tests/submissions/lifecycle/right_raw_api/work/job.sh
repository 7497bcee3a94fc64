python3 - <<"END"
import sys; sys.path.insert(0, ".")
from api import *
make("job", "report", [f"ORDER={E['ORDER']}"]); call("POST", "/containers/job/start")
code = json.loads(call("POST", "/containers/job/wait"))["StatusCode"]
open("job.code", "w").write(str(code)); open("job.log", "w").write(logs("job"))
END
