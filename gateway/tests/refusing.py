"""A body that no operation takes, and what is asked with it."""

from typing import Any

from .calling import programmed, reason_of
from .operations import RIGHT
from .things import Right

NOTE = next(right for right in RIGHT if right.operation == "write_note")
CREATE = next(right for right in RIGHT if right.operation == "create_person")


async def refused(http: Any, gateway: Any, right: Right, content: bytes, media: str = "application/json") -> Any:
    """The problem that a raw body gets; checks that no service heard of it."""
    programmed(gateway, right)
    headers = gateway.bearer(right.kind, acr=right.acr) | right.headers | {"content-type": media}
    answer = await http.request(right.method, right.path, content=content, headers=headers)
    reason_of(answer)
    assert gateway.services.asked == []
    return answer
