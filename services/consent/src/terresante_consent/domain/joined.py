"""Patients who are one person for identity: whose consent and whose blocks count for whom (docs/decisions/0008).

Two records are never silently united. Until somebody decides, the stricter of the two stands for either: a consent
that was withdrawn, or a block, under one id counts under the other. Circle, representatives and emergency accesses
stay those of each id alone, so that nobody gains by a merge. A consent recorded for the survivor decides: from then on
it counts for all. A withdrawal under another id takes that decision back. A merge undone leaves each as it was.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from terresante_platform.refusals import Conflict


class PatientMerged(Conflict):
    """The patient was absorbed by another, for whom the consent is to be recorded."""

    reason = "PATIENT_MERGED"


@dataclass(frozen=True, slots=True)
class Merger:
    """One absorbed by another, as identity announced; it lasts until it is undone."""

    act: UUID
    absorbed: UUID
    surviving: UUID
    since: datetime
    until: datetime | None = None
    decided_at: datetime | None = None
    """When a consent was recorded that settles whose consent counts; None: the stricter stands."""
    decided_for: UUID | None = None
    """The survivor for whom it was recorded. Without them above the absorbed, nothing is decided."""


@dataclass(frozen=True, slots=True)
class Joined:
    """What follows for one patient of a group."""

    patient: UUID
    everyone: tuple[UUID, ...]
    """Ids of the group, this one too, sorted: a block under any of them counts."""
    decisive: UUID
    """Whose consent must be in force: their own, or that of the survivor who was decided for."""
    others: tuple[UUID, ...]
    """Whose consent must be in force besides, if there ever was one; sorted."""


def above(mergers: Collection[Merger], id: UUID) -> set[UUID]:
    """All who absorbed that one, directly or not. `mergers`: those that last."""
    found: set[UUID] = set()
    waiting = [id]
    while waiting:
        below = waiting.pop()
        new = {one.surviving for one in mergers if one.absorbed == below} - found
        found |= new
        waiting += new
    return found


def is_decided(mergers: Collection[Merger], one: Merger) -> bool:
    """Whether a decision stands for that merger now."""
    return one.decided_for is not None and one.decided_for in above(mergers, one.absorbed)


def decisive(mergers: Collection[Merger], id: UUID) -> UUID:
    """Whose consent counts for that patient: followed up as far as mergers are decided. Who is said to be absorbed by
    two at once (events that crossed) has nothing decided."""
    seen = {id}
    while True:
        up = [one for one in mergers if one.absorbed == id]
        if len(up) != 1 or up[0].surviving in seen or not is_decided(mergers, up[0]):
            return id
        id = up[0].surviving
        seen.add(id)


def survivor(mergers: Collection[Merger], id: UUID) -> UUID | None:
    """Who absorbed that patient in the end; None if nobody did."""
    over = above(mergers, id)
    last = sorted(over - {one.absorbed for one in mergers}) or sorted(over - {id})
    return last[0] if last else None


def groups(mergers: Collection[Merger]) -> dict[UUID, Joined]:
    """What follows for each id that the mergers name. `mergers`: those that last, of whole groups."""
    of: dict[UUID, set[UUID]] = {}
    for one in mergers:
        together = of.get(one.absorbed, {one.absorbed}) | of.get(one.surviving, {one.surviving})
        of.update(dict.fromkeys(together, together))
    made = {}
    for id, together in of.items():
        mine = decisive(mergers, id)
        others = {decisive(mergers, each) for each in together} - {mine}
        made[id] = Joined(id, tuple(sorted(together)), mine, tuple(sorted(others)))
    return made


def consent_stands(joined: Joined, in_force: Mapping[UUID, bool]) -> bool:
    """Whether the patient's record may be shared. `in_force`: of each id that ever had a consent, whether one is in
    force now. Who never had one has refused nothing, and has agreed to nothing."""
    return in_force.get(joined.decisive, False) and all(in_force.get(id, True) for id in joined.others)


def blocks(joined: Joined, blocking: Collection[UUID]) -> bool:
    """Whether a professional is blocked from the record. `blocking`: ids under which a block on them is in force."""
    return not set(joined.everyone).isdisjoint(blocking)


def check_survivor(mergers: Collection[Merger], id: UUID) -> None:
    """Refuses with PATIENT_MERGED to record a consent for who was absorbed."""
    by = survivor(mergers, id)
    if by is not None:
        raise PatientMerged(
            "Ce patient et un autre sont une seule et même personne ; le consentement s'enregistre au nom de l'autre.",
            "Informez le patient, puis enregistrez son consentement au dossier qui subsiste (details.patient).",
            patient=str(by),
        )


def decided(mergers: Collection[Merger], by: UUID, at: datetime) -> list[Merger]:
    """Mergers that a consent recorded for the survivor `by` settles, as they are then."""
    open_ones = (one for one in mergers if by in above(mergers, one.absorbed) and not is_decided(mergers, one))
    return [replace(one, decided_at=at, decided_for=by) for one in open_ones]


def lapsed(mergers: Collection[Merger]) -> list[Merger]:
    """Mergers whose decision ended with a merge above them that was undone, as they are then. Forgotten, lest another
    merge of the same persons find itself decided."""
    gone = (one for one in mergers if one.decided_for is not None and not is_decided(mergers, one))
    return [replace(one, decided_at=None, decided_for=None) for one in gone]


def taken_back(mergers: Iterable[Merger], id: UUID) -> list[Merger]:
    """Mergers whose decision a withdrawal under the absorbed id takes back, as they are then."""
    mine = (one for one in mergers if one.absorbed == id and one.decided_for is not None)
    return [replace(one, decided_at=None, decided_for=None) for one in mine]
