"""What a line would do, once its source's words are beside what stands here. See `comparing` for the fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from terresante_directory.domain.facts import Content, SubjectKind
from terresante_directory.domain.hierarchy import UNDER
from terresante_directory.domain.history import FieldChange
from terresante_directory.domain.imports.comparing import Compared, Settled, compared
from terresante_directory.domain.imports.said import Texts
from terresante_directory.domain.imports.states import CHOOSABLE, ImportLine, Outcome
from terresante_directory.domain.imports.views import YES, view
from terresante_directory.domain.structures import StructureLevel

UNCHOOSABLE = "unchoosable"
"""A conflict that only another file can settle."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A thing said, and what it meets here.

    `again`: repeated, contradict or twice, if another line of the file says it too. `subject`, `seen`, `here`: what
    stands, by which fact, in which words; blank and None if nothing does. `territory`: where it is, None if nobody
    knows. `agreed`, `kept`: see `comparing`. `same_as`: the fact that was last found to say the same. `links`: what it
    hangs on: see `_hanging`.
    """

    number: int
    rank: int
    kind: SubjectKind
    key: str
    content: Texts
    reasons: tuple[str, ...]
    again: str = ""
    subject: str = ""
    seen: str = ""
    here: Content | None = None
    territory: str | None = None
    agreed: Texts = field(default_factory=dict)
    kept: Mapping[str, Settled] = field(default_factory=dict)
    same_as: str = ""
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom a file is judged. `enrols`: it is our own table, in which people are enrolled. `today`: YYYY-MM-DD."""

    territories: frozenset[str]
    known: frozenset[str]
    enrols: bool
    today: str


def judged(beside: Beside, scope: Scope) -> tuple[ImportLine, Compared | None]:
    """The line, and what was compared if anything stands here."""
    line = ImportLine(
        number=beside.number,
        rank=beside.rank,
        outcome=Outcome.SAME,
        kind=beside.kind,
        key=beside.key,
        subject=beside.subject,
        label=_label(beside),
        reasons=beside.reasons,
        seen=beside.seen,
    )
    early = _early(beside, scope)
    if early is not None:
        outcome, *reasons = early
        return _with(line, outcome, *reasons), None
    now, doubts = _now(beside, scope)
    if not beside.subject:
        fields = tuple(FieldChange(name, "", value) for name, value in now.items() if value)
        return replace(_with(line, Outcome.NEW, *doubts), fields=fields), None
    if beside.here is None:
        return _with(line, Outcome.SAME, *doubts), None
    here = {**view(beside.kind, beside.here), **_link_view(beside)}
    found = compared(now, here, beside.agreed, beside.kept)
    is_shut = here.get("closed") == YES and now.get("closed") != YES
    return _against(_with(line, Outcome.SAME, *doubts), found, is_shut), found


def _against(line: ImportLine, found: Compared, is_shut: bool) -> ImportLine:
    """`is_shut`: it is closed here only, and stays so."""
    if is_shut:
        return _with(line, UNCHOOSABLE, "STRUCTURE_CLOSED")
    if not found.fields:
        return line
    if found.conflict:
        return replace(_with(line, Outcome.CONFLICT, "CHANGED_BOTH"), fields=found.fields)
    return replace(_with(line, Outcome.CHANGED), fields=found.fields)


def in_words_of_view(said: Texts, today: str) -> dict[str, str]:
    """A day of closing is being closed, once it has come; `closes` before."""
    now = dict(said)
    closed = now.pop("closed", "")
    if closed:
        now |= {"closed": YES} if closed <= today else {"closes": closed}
    return now


def _early(beside: Beside, scope: Scope) -> tuple[str, ...] | None:
    """Outcome and reasons where nothing is to be compared."""
    if beside.again == "repeated":
        return Outcome.SAME, "LINE_REPEATED"
    code = beside.content.get("territory_code", "")
    if code and code not in scope.known:
        return Outcome.REJECTED, "TERRITORY_UNKNOWN"
    hanging = _hanging(beside, scope)
    if hanging is not None and hanging[0] is Outcome.REJECTED:
        return hanging
    if beside.territory not in scope.territories:
        return Outcome.ELSEWHERE, *(hanging[1:] if hanging else ())
    if beside.again:
        return UNCHOOSABLE, "LINES_CONTRADICT" if beside.again == "contradict" else "NUMBER_TWICE"
    return hanging


def _hanging(beside: Beside, scope: Scope) -> tuple[str, ...] | None:
    """Whether what it hangs on is there. `links`: parent, structure and professional are `here` (an id), `said` (yes if
    the file or an earlier one says it), `level`; `circular`."""
    links = beside.links
    if beside.kind is SubjectKind.STRUCTURE:
        return _parent_fits(beside) if scope.enrols else None
    if beside.kind is SubjectKind.PROFESSIONAL:
        return None if beside.subject else (Outcome.ELSEWHERE, "NOT_ENROLLED")
    if not links.get("structure_here") and not links.get("structure_said"):
        return Outcome.REJECTED, "STRUCTURE_UNKNOWN"
    if beside.kind is SubjectKind.PLACE and not links.get("professional_here") and not scope.enrols:
        return Outcome.ELSEWHERE, "NOT_ENROLLED"
    return None


def _parent_fits(beside: Beside) -> tuple[str, ...] | None:
    links = beside.links
    if links.get("circular"):
        return Outcome.REJECTED, "PARENT_CIRCULAR"
    level = beside.content.get("level", StructureLevel.SITE.value)
    if "parent" not in beside.content:
        return (Outcome.REJECTED, "PARENT_INVALID") if level == StructureLevel.INTERNAL.value else None
    if not links.get("parent_here") and not links.get("parent_said"):
        return Outcome.REJECTED, "PARENT_UNKNOWN"
    return None if links.get("parent_level") in UNDER[level] else (Outcome.REJECTED, "PARENT_INVALID")


def _now(beside: Beside, scope: Scope) -> tuple[dict[str, str], list[str]]:
    """What its source says in the words of the view, and doubts."""
    now, doubts = in_words_of_view(beside.content, scope.today), list[str]()
    if now.pop("parent", ""):
        parent = beside.links.get("parent_here", "")
        if parent:
            now["part_of"] = parent
        elif not beside.links.get("parent_said"):
            doubts.append("PARENT_NOT_HERE")
    return now, doubts


def _link_view(beside: Beside) -> Texts:
    """What the place's own row says of its end."""
    if beside.kind is SubjectKind.PLACE and "until" in beside.content:
        return {"until": beside.links.get("until", "")}
    return {}


def _with(line: ImportLine, outcome: str, *reasons: str) -> ImportLine:
    told = tuple(dict.fromkeys((*line.reasons, *reasons)))
    if outcome == UNCHOOSABLE:
        return replace(line, outcome=Outcome.CONFLICT, reasons=told)
    return replace(line, outcome=Outcome(outcome), reasons=told, choosable=outcome in CHOOSABLE)


def _label(beside: Beside) -> str:
    content = beside.content
    if beside.kind is SubjectKind.PROFESSIONAL:
        return f"{content.get('given_name', '')} {content.get('family_name', '')}".strip()
    return content.get("name") or beside.links.get("label", "")
