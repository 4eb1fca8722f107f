"""Requests in, only what may be answered out; each answer with the headers that protect it."""

import hmac
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
COOKIE = "iot_serve"
_LOGIN = "/login"
_LONGEST_FORM = 4096


class Protected:
    """Puts the headers on every answer, errors too; what is not said otherwise is not stored."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, protected)


class ReadOnly:
    """Refuses whatever is not GET or HEAD, but the form that signs in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_login = scope["type"] == "http" and scope["path"] == _LOGIN
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http" and scope["method"] not in ("GET", "HEAD") and not is_login:
            refusal = PlainTextResponse("pages are only read\n", 405, {"Allow": "GET, HEAD"})
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class TokenAsked:
    """Lets through who shows the token: as bearer, or by the cookie that the form sets.

    The cookie holds no token but what only its holder can make of it.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()
        self._session = hmac.new(self._token, b"iot serve session", "sha256").hexdigest().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if scope["path"] == _LOGIN and request.method == "POST":
            await (await self._signed_in(request))(scope, receive, send)
        elif self._is_known(Request(scope)):
            await self._app(scope, receive, send)
        elif "text/html" in Headers(scope=scope).get("accept", ""):
            await RedirectResponse(_LOGIN, 303)(scope, receive, send)
        else:
            told = {"WWW-Authenticate": "Bearer"}
            await PlainTextResponse("a token is needed\n", 401, told)(scope, receive, send)

    @staticmethod
    def _is_open(path: str) -> bool:
        return path.startswith("/static/")

    def _is_known(self, request: Request) -> bool:
        if request.url.path == _LOGIN:
            return True
        kind, _, shown = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and hmac.compare_digest(shown.encode(), self._token):
            return True
        cookie = request.cookies.get(COOKIE, "").encode()
        return hmac.compare_digest(cookie, self._session)

    async def _signed_in(self, request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _LONGEST_FORM:
                return PlainTextResponse("the form is too long\n", 413)
        shown = parse_qs(body.decode(errors="replace")).get("token", [""])[0]
        if not hmac.compare_digest(shown.encode(), self._token):
            return RedirectResponse(f"{_LOGIN}?refused=1", 303)
        response = RedirectResponse("/", 303)
        response.set_cookie(
            COOKIE,
            self._session.decode(),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response
