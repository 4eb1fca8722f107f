"""Where tables are published in, the web application over them out."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from iot_streaming.errors import IotStreamingError
from iot_streaming.serve.answers import AsOf, Published
from iot_streaming.serve.asking import Asking
from iot_streaming.serve.csv_file import csv_lines
from iot_streaming.serve.guard import HEADERS, Protected, ReadOnly, TokenAsked
from iot_streaming.serve.pages import PAGES, TABLES, Page, Table
from iot_streaming.serve.rendering import STATIC, environment, render
from iot_streaming.serve.wanted import Wanted

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Doors:
    """Who may come in: names that the Host header may have, and a token if one is asked for."""

    hosts: tuple[str, ...] = LOCAL_HOSTS
    token: str | None = None


def create_app(published: Published, doors: Doors | None = None) -> Starlette:
    """The application; it keeps nothing but what is published and asks each time anew."""
    doors = doors or Doors()
    middleware = [
        Middleware(Protected),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(doors.hosts), www_redirect=False),
        Middleware(ReadOnly),
    ]
    if doors.token:
        middleware.append(Middleware(TokenAsked, token=doors.token))
    middleware.append(Middleware(GZipMiddleware, minimum_size=1024))
    served = _Served(published, has_token=bool(doors.token))
    return Starlette(
        routes=[
            Route("/as-of", served.as_of),
            Route("/login", served.login, methods=["GET"]),
            Route("/static/{digest}/{name:path}", static_file),
            *(Route(table.path, served.table(table)) for table in TABLES),
            *(Route(page.path, served.page(page)) for page in PAGES),
        ],
        middleware=middleware,
        exception_handlers={
            HTTPException: served.not_there,
            IotStreamingError: served.failed,
            Exception: served.failed,
        },
    )


def warm(published: Published) -> None:
    """Ask and compile what the first viewer of each page would else wait for."""
    # What is wrong is told to who asks for a page.
    with suppress(IotStreamingError):
        answers = published.latest()
        if answers.as_of() is None:
            return
        for page in PAGES:
            environment().get_template(page.template)
            if "{" not in page.path:
                page.collect(Asking(answers), Wanted(page.path, {}))


class _Served:
    """The endpoints. They are plain functions: Starlette runs each in a thread of its pool."""

    def __init__(self, published: Published, has_token: bool) -> None:
        self._published = published
        self._frame = {"target": published.name, "has_token": has_token}

    def page(self, page: Page) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            began = time.perf_counter()
            answers = self._published.latest()
            as_of = answers.as_of()
            wanted = Wanted.of(request.url.path, request.query_params, page.known)
            if as_of is None:
                return self._html("nothing_yet.html", {}, wanted, None)
            asking = Asking(answers)
            values = page.collect(asking, wanted, **request.path_params)
            drawn = time.perf_counter()
            response = self._html(page.template, {**values, "asking": asking}, wanted, as_of)
            now = time.perf_counter()
            response.headers["Server-Timing"] = (
                f'db;dur={asking.seconds * 1000:.1f};desc="{asking.asked} questions", '
                f"draw;dur={(now - drawn) * 1000:.1f}, total;dur={(now - began) * 1000:.1f}"
            )
            return response

        return endpoint

    def table(self, table: Table) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            wanted = Wanted.of(request.url.path, request.query_params, table.known)
            asking = Asking(self._published.latest())
            parts = table.parts(asking, wanted, **request.path_params)
            # The first part is asked for here, where an error can still become an answer.
            lines = csv_lines(parts)
            begin = next(lines, "")

            def body() -> Any:
                yield begin
                yield from lines

            name = table.path.rpartition("/")[2]
            saved = {"Content-Disposition": f'attachment; filename="{name}"'}
            return StreamingResponse(body(), headers=saved, media_type="text/csv; charset=utf-8")

        return endpoint

    def as_of(self, request: Request) -> Response:
        """What the page asks now and then, to know whether there is something new."""
        found = self._published.latest().as_of()
        told = found and {"run_id": found.run_id, "at": found.at.isoformat(), "token": found.token}
        return JSONResponse(told or {"token": ""})

    def login(self, request: Request) -> Response:
        values = {"is_refused": "refused" in request.query_params}
        return HTMLResponse(render("login.html", self._frame | values))

    def not_there(self, request: Request, error: Exception) -> Response:
        """What no page is about, and what a page finds nothing of."""
        status = error.status_code if isinstance(error, HTTPException) else 404
        detail = str(getattr(error, "detail", ""))
        values = {"status": status, "detail": detail if detail != "Not Found" else ""}
        as_of = self._published.latest().as_of()
        return self._html("not_there.html", values, Wanted(request.url.path, {}), as_of, status)

    def failed(self, request: Request, error: Exception) -> Response:
        """What, where, what next; of an error that nobody foresaw only that it is one."""
        told = str(error) if isinstance(error, IotStreamingError) else ""
        status = 503 if told else 500
        wanted = Wanted(request.url.path, {})
        response = self._html("failed.html", {"told": told}, wanted, None, status)
        # What nobody foresaw is answered outside of what puts them on every other answer.
        response.headers.update(HEADERS)
        return response

    def _html(
        self,
        template: str,
        values: Mapping[str, Any],
        wanted: Wanted,
        as_of: AsOf | None,
        status: int = 200,
    ) -> HTMLResponse:
        shown = {**self._frame, **values, "wanted": wanted, "as_of": as_of}
        return HTMLResponse(render(template, shown), status)


def static_file(request: Request) -> Response:
    """A file of the package, to be kept for ever: its address has its content's hash."""
    name = request.path_params["name"]
    found = (STATIC / name).resolve()
    if not found.is_relative_to(STATIC.resolve()) or not found.is_file():
        raise HTTPException(404)
    media = _TYPES.get(found.suffix, "text/plain")
    return Response(found.read_bytes(), media_type=media, headers={"Cache-Control": _FOR_EVER})
