"""What a source says against what stands here and what both last agreed on: three ways, field by field."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from terresante_directory.domain.history import FieldChange
from terresante_directory.domain.imports.said import Texts
from terresante_directory.domain.imports.views import same


@dataclass(frozen=True, slots=True)
class Settled:
    """That the local value is kept, as long as neither changes."""

    source_value: str
    local_value: str


@dataclass(frozen=True, slots=True)
class Compared:
    """`fields`: local before, the source's after, where taking it is proposed. `conflict`: one changed on both sides.

    `agreed`: values on which both agree now.
    """

    fields: tuple[FieldChange, ...]
    conflict: bool
    agreed: Texts = field(default_factory=dict)


def compared(now: Texts, here: Texts, agreed: Texts, kept: Mapping[str, Settled]) -> Compared:
    """`now`: what the source says; `here`: the view of what stands; `agreed`: what both last agreed on, by field.

    A value that only changed here since then is a local correction, and nothing is proposed against it. One that never
    was agreed on is proposed. What was settled stays so until either side says something else.
    """
    fields, conflict, agreeing = [], False, {}
    for name in differing(now, here):
        settled = kept.get(name)
        if settled == Settled(now[name], here[name]):
            continue
        last = agreed.get(name)
        if last is not None and same(name, last, now[name]):
            continue
        conflict = conflict or (last is not None and not same(name, last, here[name]))
        fields.append(FieldChange(name, here[name], now[name]))
    for name in now:
        if name in here and same(name, now[name], here[name]):
            agreeing[name] = now[name]
    return Compared(tuple(fields), conflict, agreeing)


def differing(now: Texts, here: Texts) -> list[str]:
    """The fields of which both speak, and not in the same words."""
    return [name for name in now if name in here and not same(name, now[name], here[name])]
