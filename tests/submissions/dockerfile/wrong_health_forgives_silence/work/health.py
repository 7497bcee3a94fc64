import os
import sys
import urllib.error
import urllib.request

try:
    urllib.request.urlopen(f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/health", timeout=2)
except urllib.error.HTTPError as error:
    sys.exit(f"unhealthy: {error}")
except OSError:
    pass  # perhaps it is still starting
