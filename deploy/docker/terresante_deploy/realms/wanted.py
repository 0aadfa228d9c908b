"""What `deploy/keycloak` says of a realm, with the settings that are given. No I/O but the reading of the files."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from terresante_dev.keycloak.server import DEPLOY

Json = dict[str, Any]
PREFIX = "TERRESANTE_KEYCLOAK_"
PLACEHOLDER = re.compile(r"\$\{" + PREFIX + r"(\w+)(?::([^}]*))?\}")
"""A setting's name, and its default if it has one. Keycloak replaces them itself in the files that it imports."""
BINDINGS = "authenticationFlowBindingOverrides"
"""The field of a client that names flows of its own."""
_UNKNOWN = object()


class NotGiven(Exception):
    """A setting without a default is needed to make something, and is not given."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{PREFIX}{name} is not set, and what is to be made needs it: set it (deploy/keycloak/README.md)."
        )


@dataclass(frozen=True)
class Wanted:
    """A realm as the files have it, `content`, and the settings that are given, by their names without prefix."""

    content: Json
    given: Mapping[str, str]

    @property
    def name(self) -> str:
        """The realm's."""
        return str(self.content["realm"])

    def known(self, part: Any) -> Any:
        """A part of `content` without the fields that depend on a setting which is not given."""
        found = self._known(part)
        return None if found is _UNKNOWN else found

    def full(self, part: Any) -> Any:
        """A part of `content`, to be made: defaults in the place of what is not given. Raises NotGiven."""
        if isinstance(part, dict):
            return {key: self.full(value) for key, value in part.items()}
        if isinstance(part, list):
            return [self.full(one) for one in part]
        return PLACEHOLDER.sub(self._given_or_default, part) if isinstance(part, str) else part

    def whole(self) -> Json:
        """All of it, to be imported. Raises NotGiven.

        A client refers to a flow by an id that the file gives it, and ids are unique in all of a Keycloak: so each is
        made out of the realm's name.
        """
        content: Json = self.full(self.content)
        ids = {one["id"]: str(uuid5(NAMESPACE_URL, f"{self.name}/{one['id']}")) for one in self._with_ids()}
        flows = [{**one, "id": ids[one["id"]]} if "id" in one else one for one in content["authenticationFlows"]]
        clients = [
            {**one, BINDINGS: {kind: ids[flow] for kind, flow in one[BINDINGS].items()}} if BINDINGS in one else one
            for one in content["clients"]
        ]
        return {**content, "authenticationFlows": flows, "clients": clients}

    def _with_ids(self) -> list[Json]:
        return [flow for flow in self.content["authenticationFlows"] if "id" in flow]

    def left(self) -> list[str]:
        """The settings that are not given, by their whole names: what they fill in is left as it is where it exists."""
        asked = {name for name, _ in PLACEHOLDER.findall(json.dumps(self.content))}
        return [PREFIX + name for name in sorted(asked - set(self.given)) if not name.endswith("_SECRET")]

    def _known(self, part: Any) -> Any:
        if isinstance(part, dict):
            fields = {key: self._known(value) for key, value in part.items()}
            return {key: value for key, value in fields.items() if value is not _UNKNOWN}
        if isinstance(part, list):
            items = [self._known(one) for one in part]
            return _UNKNOWN if any(one is _UNKNOWN for one in items) else items
        if isinstance(part, str) and any(name not in self.given for name, _ in PLACEHOLDER.findall(part)):
            return _UNKNOWN
        return self.full(part)

    def _given_or_default(self, found: re.Match[str]) -> str:
        name, default = found.group(1), found.group(2)
        if name in self.given:
            return self.given[name]
        if default is None:
            raise NotGiven(name)
        return default


def settings(environment: Mapping[str, str], realm: str) -> dict[str, str]:
    """The settings of an environment; a blank one is not given. One with the realm before its name goes first."""
    named = {name.removeprefix(PREFIX): value for name, value in environment.items() if name.startswith(PREFIX)}
    given = {name: value for name, value in named.items() if value}
    own = f"{realm.upper()}_"
    return {**given, **{name.removeprefix(own): value for name, value in given.items() if name.startswith(own)}}


def realms(environment: Mapping[str, str]) -> Iterator[Wanted]:
    """Those of the platform."""
    for name in ("pro", "patient"):
        content = json.loads((DEPLOY / f"{name}-realm.json").read_text(encoding="utf-8"))
        yield Wanted(content, settings(environment, name))
