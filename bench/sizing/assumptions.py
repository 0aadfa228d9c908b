"""What no bench can say, as `assumptions.toml` says it with its reasons: how many people do how much."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "assumptions.toml"


@dataclass(frozen=True, slots=True)
class Size:
    """A number of people. `directory`: share of the region's directory; `spread`: nothing stands on one pod only;
    `growth`: of users, patients and what they do, from a year to the next."""

    title: str
    users: int
    patients: int
    identities: int
    directory: float
    spread: bool
    growth: float
    reason: str

    def people(self, of: str) -> int:
        """How many users, patients or identities."""
        return {"users": self.users, "patients": self.patients, "identities": self.identities}[of]


@dataclass(frozen=True, slots=True)
class Read:
    """What an active user asks in the busiest hour."""

    title: str
    a_minute: float
    journal: int
    """Entries of the access journal that it leaves."""
    kb: float
    """Sent to the client."""


@dataclass(frozen=True, slots=True)
class Act:
    """What is done so many times a year, of each user, patient or identity."""

    title: str
    of: str
    a_year: float
    journal: int
    events: int
    kb: float
    reason: str


@dataclass(frozen=True, slots=True)
class Assumed:
    """All of it. `busy` and `contents` as the file has them, each figure with its reason beside it."""

    sizes: Mapping[str, Size]
    reads: Mapping[str, Read]
    acts: Mapping[str, Act]
    busy: Mapping[str, Any]
    contents: Mapping[str, Any]

    @property
    def kinds(self) -> dict[str, Read | Act]:
        """All that is asked or done, by name."""
        return {**self.reads, **self.acts}


def read(file: Path = FILE) -> Assumed:
    """Raises OSError, TOMLDecodeError, TypeError for a key that is unknown or missing."""
    said = tomllib.loads(file.read_text("utf-8"))
    return Assumed(
        sizes={name: Size(**each) for name, each in said["sizes"].items()},
        reads={name: Read(**each) for name, each in said["reads"].items()},
        acts={name: Act(**each) for name, each in said["acts"].items()},
        busy=said["busy"],
        contents=said["contents"],
    )
