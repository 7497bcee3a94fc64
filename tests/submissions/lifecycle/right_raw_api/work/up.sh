python3 - <<"END"
import sys; sys.path.insert(0, ".")
from api import *
beacon()
i = make("flaky", "crash", policy={"Name": "on-failure", "MaximumRetryCount": int(E["TRIES"])}); call("POST", f"/containers/{i}/start")
END
