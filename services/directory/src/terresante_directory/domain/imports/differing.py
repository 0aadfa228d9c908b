"""Where a source and the directory differ, field by field; each difference has a name that ends when either changes."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from terresante_directory.domain.facts import Content, SubjectKind
from terresante_directory.domain.imports.comparing import Settled, differing
from terresante_directory.domain.imports.judging import in_words_of_view
from terresante_directory.domain.imports.said import Texts
from terresante_directory.domain.imports.states import unknown_difference
from terresante_directory.domain.imports.views import view

NAME = re.compile(
    r"(annuaire|finess|ror)\.(structure|professional|offer)"
    r"\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([a-z_]{1,40})\.([0-9a-f]{16})"
)


@dataclass(frozen=True, slots=True)
class Named:
    """What the name of a difference says. `mark`: of the two values."""

    source: str
    kind: SubjectKind
    subject: str
    field: str
    mark: str

    def __str__(self) -> str:
        return f"{self.source}.{self.kind.value}.{self.subject}.{self.field}.{self.mark}"


def named(text: str) -> Named:
    """Raises `DifferenceUnknown`."""
    found = NAME.fullmatch(text)
    if found is None:
        raise unknown_difference()
    source, kind, subject, field, mark = found.groups()
    return Named(source, SubjectKind(kind), subject, field, mark)


def mark(source_value: str, local_value: str) -> str:
    return hashlib.sha256(f"{source_value}\0{local_value}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Differing:
    """A field of which both speak, and not in the same words. `kept`: the local value was kept against just this."""

    field: str
    source_value: str
    local_value: str
    kept: bool


def differences(
    kind: SubjectKind, said: Texts, here: Content, kept: Mapping[str, Settled], today: str
) -> Iterator[Differing]:
    """All of a subject, those that were settled too."""
    now, local = in_words_of_view(said, today), view(kind, here)
    for field in differing(now, local):
        is_kept = kept.get(field) == Settled(now[field], local[field])
        yield Differing(field, now[field], local[field], is_kept)
