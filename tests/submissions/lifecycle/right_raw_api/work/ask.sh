python3 - <<"END"
import sys; sys.path.insert(0, ".")
from api import *
i = make("", "weather", [f"PLACE={E['PLACE']}"]); call("POST", f"/containers/{i}/start"); call("POST", f"/containers/{i}/wait")
print(logs(i), end=""); call("DELETE", f"/containers/{i}")
END
