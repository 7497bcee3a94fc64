"""Print a line for a registry's password file: bcrypt at its lowest cost, for it is paid on every request.

usage: hash.py USER PASSWORD
"""

import ctypes
import secrets
import string
import sys

library = ctypes.CDLL("libcrypt.so.1")
library.crypt.restype = ctypes.c_char_p
salt = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(21)) + "e"
print(sys.argv[1], library.crypt(sys.argv[2].encode(), f"$2y$04${salt}".encode()).decode(), sep=":")
