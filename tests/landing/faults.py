"""A proxy on loopback before an S3 server: it counts requests, and breaks those it is told to."""

import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

_DROPPED = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass(frozen=True)
class Request:
    """`kind` is LIST, HEAD, GET, PUT, POST or DELETE; `key` the path without the bucket."""

    kind: str
    key: str
    query: str


@dataclass
class Answer:
    """What the server said, to be sent or spoiled."""

    status: int
    headers: dict[str, str]
    body: bytes


Fault = Callable[["_Handler", Callable[[], Answer]], None]


@dataclass
class _Rule:
    kind: str
    key: re.Pattern[str]
    fault: Fault
    times: float


@dataclass
class Proxy:
    """Its rules, first match first, and what it saw."""

    endpoint: str = ""
    upstream: str = ""
    requests: list[Request] = field(default_factory=list)
    rules: list[_Rule] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def on(self, kind: str, key: str, fault: Fault, times: float = float("inf")) -> None:
        """Let the fault befall the next `times` such requests; `key` is searched as a regex."""
        self.rules.append(_Rule(kind, re.compile(key), fault, times))

    def count(self) -> Counter[str]:
        return Counter(request.kind for request in self.requests)

    def fault_of(self, request: Request) -> Fault:
        with self.lock:
            self.requests.append(request)
            for rule in self.rules:
                told = f"{request.key}?{request.query}"
                if rule.kind == request.kind and rule.times > 0 and rule.key.search(told):
                    rule.times -= 1
                    return rule.fault
        return untouched


@contextmanager
def faulty(upstream: str) -> Iterator[Proxy]:
    """A proxy before the server at this endpoint, as long as the block lasts."""
    proxy = Proxy(upstream=upstream)
    handler = type("Handler", (_Handler,), {"proxy": proxy})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    # A client may keep its connection open.
    server.daemon_threads, server.block_on_close = True, False
    proxy.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def untouched(handler: "_Handler", ask: Callable[[], Answer]) -> None:
    handler.send(ask())


def error(status: int, code: str, more: str = "") -> Fault:
    """The error document that S3 would send."""
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code>'
        f"<Message>Told by S3.</Message>{more}<RequestId>4442587FB7D0A2F9</RequestId></Error>"
    )

    def fault(handler: "_Handler", ask: Callable[[], Answer]) -> None:
        handler.send(Answer(status, {"Content-Type": "application/xml"}, text.encode()))

    return fault


def reset(handler: "_Handler", ask: Callable[[], Answer]) -> None:
    """The connection breaks before a byte is answered."""
    handler.reset()


def reset_in_body(handler: "_Handler", ask: Callable[[], Answer]) -> None:
    answer = ask()
    handler.begin(answer, len(answer.body))
    handler.wfile.write(answer.body[: len(answer.body) // 2])
    handler.wfile.flush()
    handler.reset()


def cut_off(handler: "_Handler", ask: Callable[[], Answer]) -> None:
    """Fewer bytes than were announced, then an orderly end."""
    answer = ask()
    handler.begin(answer, len(answer.body))
    handler.wfile.write(answer.body[: len(answer.body) // 2])
    handler.close_connection = True


def shorter(handler: "_Handler", ask: Callable[[], Answer]) -> None:
    """Half of the content, and announced as that."""
    answer = ask()
    handler.send(Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2]))


def trickling(pieces: int, pause: float) -> Fault:
    """The body in that many pieces, with a pause in seconds before each."""

    def fault(handler: "_Handler", ask: Callable[[], Answer]) -> None:
        answer = ask()
        handler.begin(answer, len(answer.body))
        step = max(1, len(answer.body) // pieces)
        for start in range(0, len(answer.body), step):
            time.sleep(pause)
            handler.wfile.write(answer.body[start : start + step])
            handler.wfile.flush()

    return fault


def shuffled_twice(handler: "_Handler", ask: Callable[[], Answer]) -> None:
    """A listing whose entries come twice, backwards."""
    answer = ask()
    entries = re.findall(rb"<Contents>.*?</Contents>", answer.body, flags=re.DOTALL)
    rest = re.sub(rb"<Contents>.*</Contents>", b"@HERE@", answer.body, flags=re.DOTALL)
    body = rest.replace(b"@HERE@", b"".join([*reversed(entries), *entries]))
    handler.send(Answer(answer.status, answer.headers, body))


def after(step: Callable[[], Any]) -> Fault:
    """Something happens to the store just before the request reaches it."""

    def fault(handler: "_Handler", ask: Callable[[], Answer]) -> None:
        step()
        handler.send(ask())

    return fault


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def log_message(self, *arguments: Any) -> None:
        pass

    def handle(self) -> None:
        # The client too may break a connection.
        with suppress(OSError):
            super().handle()

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        kind = "LIST" if "list-type=2" in url.query else self.command
        key = unquote(url.path).partition("/")[2].partition("/")[2]
        self.proxy.fault_of(Request(kind, key, url.query))(self, lambda: self._ask(body))

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _any  # noqa: N815

    def _ask(self, body: bytes) -> Answer:
        connection = HTTPConnection(urlsplit(self.proxy.upstream).netloc, timeout=30)
        try:
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _DROPPED}
            connection.request(self.command, self.path, body or None, headers)
            found: HTTPResponse = connection.getresponse()
            content = found.read()
        finally:
            connection.close()
        kept = {k: v for k, v in found.getheaders() if k.lower() not in _DROPPED - _length(self)}
        return Answer(found.status, kept, content)

    def send(self, answer: Answer) -> None:
        self.begin(answer, len(answer.body))
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def begin(self, answer: Answer, length: int) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def reset(self) -> None:
        """RST: the kernel throws away what is under way."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


def _length(handler: _Handler) -> set[str]:
    # A HEAD's length is of what a GET would send.
    return {"content-length"} if handler.command == "HEAD" else set()
