exec python3 build.py
