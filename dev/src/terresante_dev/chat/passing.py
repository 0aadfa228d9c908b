"""Passes calls of the pages on to the gateway, with the token that the browser does not hold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import httpx2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

STREAM = "/v1/stream"
GIVEN = ("accept", "content-type", "content-length", "idempotency-key", "if-match", "last-event-id")
"""What goes on of a browser's headers; cookies do not."""
TAKEN = (
    "content-type", "content-length", "content-disposition", "cache-control", "etag", "repr-digest", "retry-after",
    "ratelimit", "ratelimit-policy", "traceresponse",
)  # fmt: skip
"""What comes back of the gateway's."""
PATIENCE = httpx2.Timeout(40, connect=5)
STREAM_PATIENCE = httpx2.Timeout(5, read=60)
"""A stream says something at least every 15 s."""


async def passed_on(request: Request, gateway: httpx2.AsyncClient, token: str, place: str) -> Response:
    """The gateway's answer, whatever it is. Raises TransportError when there is none."""
    path, query = request.scope["raw_path"].decode("latin-1"), request.url.query
    asked = gateway.build_request(
        request.method,
        f"{path}?{query}" if query else path,
        headers=_headers(request.headers, token, place),
        content=None if request.method == "GET" else request.stream(),
        timeout=STREAM_PATIENCE if path == STREAM else PATIENCE,
    )
    answer = await gateway.send(asked, stream=True)
    headers = {name: answer.headers[name] for name in TAKEN if name in answer.headers}
    return StreamingResponse(_body(answer), answer.status_code, headers)


def problem(status: int, reason: str, detail: str) -> JSONResponse:
    """A refusal of the portal itself, in the shape of the gateway's (RFC 9457)."""
    told = {"status": status, "reason": reason, "detail": detail}
    return JSONResponse(told, status, media_type="application/problem+json")


def _headers(given: Mapping[str, str], token: str, place: str) -> dict[str, str]:
    headers = {name: given[name] for name in GIVEN if name in given}
    headers |= {"authorization": f"Bearer {token}", "accept-encoding": "identity"}
    return headers | ({"terresante-place": place} if place else {})


async def _body(answer: httpx2.Response) -> AsyncIterator[bytes]:
    """Closed when the browser goes away: the gateway's stream ends with it."""
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    except httpx2.TransportError:
        return  # cut short: the browser sees it, and comes back by itself if it was a stream
    finally:
        await answer.aclose()
