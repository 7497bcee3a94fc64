"""The harbour office: a small web app. Given; the grader uses a copy of its own.

usage: app.py serve            serve pages on LISTEN:PORT until SIGTERM
       app.py say WORD         print the signal flags that spell a word
"""

import http.server
import json
import os
import signal
import sys
from pathlib import Path

import signalflags

GREETING = os.environ.get("GREETING", "Ahoy")
LISTEN = os.environ.get("LISTEN", "127.0.0.1")
PORT = int(os.environ.get("PORT", "8000"))
CHART = Path(__file__).parent / "chart.json"  # made by generate.py
DATA = Path("/data")  # every visit is written down here
BROKEN = DATA / "broken"  # while this file is there, the app is out of order


class Office(http.server.BaseHTTPRequestHandler):
    """Answers requests."""

    def do_GET(self) -> None:
        try:
            status, text = self.answer()
        except OSError as problem:
            status, text = 500, f"{type(problem).__name__}: {problem}"
        body = f"{text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self) -> tuple[int, str]:
        if BROKEN.exists():
            return 503, "out of order"
        if self.path == "/":
            chart = json.loads(CHART.read_text("utf-8"))
            return 200, f"{GREETING} from {len(chart['harbours'])} harbours"
        if self.path == "/health":
            return 200, "all is well"
        if self.path == "/visit":
            visits = DATA / "visits.txt"
            with visits.open("a") as file:
                file.write("a visit\n")
            return 200, f"visit {len(visits.read_text().splitlines())}"
        return 404, "no such page"


def serve() -> None:
    """Serve until somebody ends the process."""
    with http.server.ThreadingHTTPServer((LISTEN, PORT), Office) as server:
        print(f"listening on {LISTEN}:{PORT}", flush=True)
        server.serve_forever()


def main() -> None:
    """Do what the arguments say."""
    match sys.argv[1:]:
        case ["serve"]:
            signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
            serve()
        case ["say", word]:
            print(signalflags.spell(word))
        case _:
            sys.exit(f"usage: {sys.argv[0]} serve | say WORD")


if __name__ == "__main__":
    main()
