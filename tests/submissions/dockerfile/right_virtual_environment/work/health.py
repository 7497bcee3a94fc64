import os
import sys
import urllib.request

port = os.environ.get('PORT', '8000')
try:
    urllib.request.urlopen(f'http://localhost:{port}/health', timeout=1)
except OSError:
    sys.exit(1)
