"""A webhook on the loopback that answers as it was told to."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WORD = "T0SECRET"  # the part of the URL that must stay unknown
Answer = tuple[int, dict[str, str]]


class Webhook:
    """Gives the answers it was told to, the last one for ever, and remembers what was posted."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [(200, {})]
        self.delay = 0.0
        self.posted: list[dict[str, Any]] = []
        self.paths: list[str] = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == "application/json"
                webhook.posted.append(json.loads(body))
                webhook.paths.append(self.path)
                answers = webhook.answers
                status, headers = answers.pop(0) if len(answers) > 1 else answers[0]
                time.sleep(webhook.delay)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/services/{WORD}"
