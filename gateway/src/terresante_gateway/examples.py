"""The examples of the description: real requests and answers of the sandbox.

`data/examples.json` is written by `python -m terresante_dev.recording`, never by hand. An operation that is younger
than the last recording gets made-up values (`samples.py`) until the next; a test says which those are.
"""

from importlib.resources import files
from typing import Any

import orjson

from terresante_gateway.problems import TITLES
from terresante_gateway.reasons import REASONS
from terresante_gateway.samples import sample

Schemas = dict[str, Any]


class Examples:
    """What was recorded, by operation and status, and by reason."""

    def __init__(self, recorded: dict[str, Any]) -> None:
        self._operations: dict[str, dict[str, Any]] = recorded["operations"]
        self._problems: dict[str, dict[str, Any]] = recorded["problems"]

    @classmethod
    def read(cls) -> "Examples":
        """Those of the committed file."""
        return cls(orjson.loads((files(__package__) / "data" / "examples.json").read_bytes()))

    def sent(self, operation: str, status: int, schema: dict[str, Any], schemas: Schemas) -> Any:
        """The body of a request that was answered with that status."""
        return self._part(operation, status, "request", schema, schemas)

    def answered(self, operation: str, status: int, schema: dict[str, Any], schemas: Schemas) -> Any:
        """The body of that answer."""
        return self._part(operation, status, "answer", schema, schemas)

    def recorded(self, operation: str, status: int) -> dict[str, Any]:
        """The whole exchange: `request` (method, target, headers, body), `answer` (headers, body). Raises KeyError."""
        found: dict[str, Any] = self._operations[operation][str(status)]
        return found

    def problem(self, reason: str) -> dict[str, Any]:
        """A problem of that reason."""
        return self._problems.get(reason) or _made_up(reason)

    def _part(self, operation: str, status: int, part: str, schema: dict[str, Any], schemas: Schemas) -> Any:
        exchange = self._operations.get(operation, {}).get(str(status), {})
        return exchange[part]["body"] if "body" in exchange.get(part, {}) else sample(schema, schemas)


def _made_up(reason: str) -> dict[str, Any]:
    """For reasons that take a fault, an attack or a long wait."""
    status, sentence, _ = REASONS[reason]
    return {
        "type": f"urn:terresante:{reason}",
        "title": TITLES[status],
        "status": status,
        "reason": reason,
        "detail": sentence,
        "todo": "",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    }
