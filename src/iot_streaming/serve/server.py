"""An application and an address in, requests answered until a signal ends it."""

import errno
import signal
import socket
import sys
import webbrowser
from collections.abc import Callable, Mapping
from threading import Thread

import uvicorn
from starlette.applications import Starlette

from iot_streaming.errors import ConfigurationError
from iot_streaming.serve.app import Doors

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TOKEN = "IOT_SERVE_TOKEN"  # noqa: S105 - the variable's name, not its value
_SHORTEST = 16


def doors_of(host: str, allow_remote: bool, environment: Mapping[str, str]) -> Doors:
    """Who may come in at that address; ConfigurationError where that would be anybody."""
    token = environment.get(_TOKEN) or None
    if token and len(token) < _SHORTEST:
        raise ConfigurationError(
            f"{_TOKEN} has {len(token)} characters, which can be guessed; give it at least "
            f"{_SHORTEST}: openssl rand -hex 24"
        )
    if host in _LOOPBACK:
        return Doors(token=token)
    if not allow_remote:
        raise ConfigurationError(
            f"{host} can be reached from other machines; say --allow-remote if that is meant, "
            "or leave --host away"
        )
    if not token:
        raise ConfigurationError(
            f"who comes from other machines has to show a token; set {_TOKEN}: "
            f"export {_TOKEN}=$(openssl rand -hex 24)"
        )
    # By which name others come is not known here; without the token none of them gets anything.
    return Doors(hosts=("*",), token=token)


def serve(
    app: Starlette,
    host: str,
    port: int,
    opens: bool = False,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Answer until SIGINT or SIGTERM; ConfigurationError where the port can't be had.

    `meanwhile` is done beside it, once.
    """
    listening = _listening(host, port)
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listening.getsockname()[1]}/"
    print(f"iot: serving {url} until Ctrl-C", file=sys.stderr, flush=True)
    if opens:
        webbrowser.open(url)
    Thread(target=meanwhile).start()
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    for sign in (signal.SIGINT, signal.SIGTERM):
        # Having stopped, uvicorn raises once more what told it to; that is no failure here.
        signal.signal(sign, lambda *_: None)
    with listening:
        server.run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()
    except OSError as error:
        listening.close()
        why = "is in use" if error.errno == errno.EADDRINUSE else f"can't be had ({error.strerror})"
        raise ConfigurationError(
            f"port {port} of {host} {why}; choose another with --port (0: any that is free)"
        ) from error
    return listening
