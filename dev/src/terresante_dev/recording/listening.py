"""Listens to what passes between a portal and the gateway, and keeps the most telling exchange of each kind."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
from terresante_gateway import app
from terresante_gateway.door import Table
from terresante_gateway.operation import Stream

SPENT = "DEJA-SERV-DEJA-SERV"
"""Stands where a code stood that opened an account: of the same form, and opening nothing."""
_CODES = ("activation_code", "starting_password")
_UNSIGNING = "whsec_" + 43 * "A" + "="
"""Stands where a secret stood that signed for a portal."""
_OURS = re.compile(r"https://(localhost|127\.0\.0\.1):\d+")
_SIZE = 3_000
"""Bytes of JSON beyond which an example teaches less: of shorter ones the fullest is kept."""
_KEPT = {"terresante-place": "Terresante-Place", "if-match": "If-Match", "idempotency-key": "Idempotency-Key"}
_TESTING = "CANARI"
"""In texts that the story plants to find leaks; they read badly."""


@dataclass
class Recorder:
    """Fills `operations` (operation id -> status -> exchange) and `problems` (reason -> problem)."""

    operations: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    problems: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _, self.described = app.described(app.State())
        self._table = Table(self.described)

    def listen(self, http: httpx2.Client) -> None:
        """To all that this client asks from now on."""
        http.event_hooks = {"request": [], "response": [self.heard]}

    def heard(self, answer: httpx2.Response) -> None:
        """Keeps the exchange if none of its kind tells more: of equals the last, so that scenes win over the story."""
        request = answer.request
        operations, _ = self._table.find(request.url.path)
        operation = operations.get(request.method)
        if operation is None:
            return
        if answer.is_error or not operation.declared.live:  # an answer without end is not waited for
            answer.read()
        exchange = _clean({"request": _sent(request), "answer": _answered(answer, operation.answer is Stream)})
        problem = exchange["answer"].get("body")
        if answer.status_code >= 400 and isinstance(problem, dict):
            self.problems.setdefault(problem["reason"], problem)
        kept = self.operations.setdefault(str(operation.operation_id), {})
        status = str(answer.status_code)
        if status not in kept or _telling(exchange) >= _telling(kept[status]):
            kept[status] = exchange

    def lacking(self) -> list[str]:
        """Operations of whose success nothing was heard."""
        return [
            str(one.operation_id)
            for one in self.described
            if str(one.declared.status) not in self.operations.get(str(one.operation_id), {})
        ]

    def text(self) -> str:
        """The file: operations and reasons in alphabetical order, what they hold as it came."""
        operations = {name: dict(sorted(kept.items())) for name, kept in sorted(self.operations.items())}
        found = {"operations": operations, "problems": dict(sorted(self.problems.items()))}
        return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _sent(request: httpx2.Request) -> dict[str, Any]:
    shown: dict[str, Any] = {"method": request.method, "target": request.url.raw_path.decode()}
    headers = {name: request.headers[key] for key, name in _KEPT.items() if key in request.headers}
    if headers:
        shown["headers"] = headers
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        shown["body"] = _json(request.read())
    elif kind.startswith("multipart/form-data"):
        shown["body"] = {"description": _json(_first_part(request.read())), "content": "(les octets du fichier)"}
    return shown


def _first_part(form: bytes) -> bytes:
    return form.split(b"\r\n\r\n", 1)[1].split(b"\r\n--", 1)[0]


def _answered(answer: httpx2.Response, poured: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if "etag" in answer.headers:
        shown["headers"] = {"ETag": answer.headers["etag"]}
    kind = answer.headers.get("content-type", "")
    if poured and answer.is_success:
        return shown  # a whole document, or journal: too long to teach
    if kind.partition(";")[0] in ("application/json", "application/problem+json"):
        shown["body"] = _json(answer.content)
    return shown


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _clean(value: Any, name: str = "") -> Any:
    """Without codes that opened something, and without this machine's ports."""
    if isinstance(value, dict):
        return {key: _clean(below, key) for key, below in value.items()}
    if isinstance(value, list):
        return [_clean(below) for below in value]
    if name in _CODES:
        return SPENT
    if name == "secret":
        return _UNSIGNING
    return _OURS.sub("https://connexion.example", value) if isinstance(value, str) else value


def _telling(exchange: dict[str, Any]) -> tuple[bool, bool, int]:
    text = json.dumps(exchange)
    fits = len(text) <= _SIZE
    return _TESTING not in text, fits, (1 if fits else -1) * sum(1 for _ in _leaves(exchange))


def _leaves(value: Any) -> Iterator[Any]:
    """What is said: blanks and nulls say nothing."""
    if isinstance(value, dict | list):
        for below in value.values() if isinstance(value, dict) else value:
            yield from _leaves(below)
    elif value not in (None, ""):
        yield value
