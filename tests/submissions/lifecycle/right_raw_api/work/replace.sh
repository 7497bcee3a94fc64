python3 - <<"END"
import sys; sys.path.insert(0, ".")
from api import *
call("POST", "/containers/beacon/stop"); call("DELETE", "/containers/beacon"); beacon()
END
