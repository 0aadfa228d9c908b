"""Sends the right calls of `operations.py`, with what a test changes of them."""

from typing import Any

import httpx2

from .conftest import Running
from .things import NAMES, Right


def programmed(gateway: Running, right: Right) -> None:
    """Programs the services for a right call, the names included."""
    for rpc, reply in NAMES.items():
        gateway.services.answer(rpc, reply)
    gateway.services.answer(right.rpc, right.reply)


async def sent(
    http: httpx2.AsyncClient, gateway: Running, right: Right, headers: dict[str, str] | None = None, **changed: Any
) -> httpx2.Response:
    """The answer to a right call; `headers` are added, `changed` replaces arguments of the request."""
    given = {"json": right.json, "files": right.files} | changed
    every = gateway.bearer(right.kind, acr=right.acr) | right.headers | (headers or {})
    return await http.request(right.method, right.path, headers=every, **given)


def reason_of(answer: httpx2.Response) -> str:
    """The reason of a problem, after checking that it is a whole one."""
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"urn:terresante:{problem['reason']}"
    assert problem["status"] == answer.status_code
    assert problem["title"] and problem["detail"] and "todo" in problem and len(problem["trace_id"]) == 32
    return str(problem["reason"])
