"""Acts, changes, evidence and candidates."""

from collections.abc import Sequence
from uuid import UUID

from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante_platform.ids import IdInvalid

from terresante_identity.domain.evidence import Candidate, Decision, Evidence
from terresante_identity.domain.identity import Person
from terresante_identity.domain.linkage import ActId, ActKind, Change, LinkageAct, Placed
from terresante_identity.domain.sources import SourceId
from terresante_identity.wire.persons import person_to_proto, timestamp
from terresante_identity.wire.sources import invalid_cursor, source_id

DECISIONS: dict[Decision, pb.MatchDecision.ValueType] = {
    Decision.NONE: pb.MATCH_DECISION_NONE,
    Decision.REVIEW: pb.MATCH_DECISION_REVIEW,
    Decision.AUTO: pb.MATCH_DECISION_AUTO,
}
KINDS: dict[ActKind, pb.ActKind.ValueType] = {
    ActKind.REGISTERED: pb.ACT_KIND_REGISTERED,
    ActKind.LINKED: pb.ACT_KIND_LINKED,
    ActKind.UNLINKED: pb.ACT_KIND_UNLINKED,
    ActKind.MERGED: pb.ACT_KIND_MERGED,
    ActKind.SPLIT: pb.ACT_KIND_SPLIT,
    ActKind.REFUSED: pb.ACT_KIND_REFUSED,
    ActKind.UNDONE: pb.ACT_KIND_UNDONE,
}
LONGEST_PLACE = 18


def evidence_to_proto(evidence: Evidence) -> pb.Evidence:
    """Why two identities are thought to be one, or not."""
    return pb.Evidence(
        score=evidence.score,
        reasons=[pb.Reason(of=one.of, level=one.level, weight=one.weight) for one in evidence.reasons],
        decision=DECISIONS[evidence.decision],
        vetoes=evidence.vetoes,
        model=evidence.model,
        policy=evidence.policy,
        same_ins=evidence.same_ins,
    )


def candidate_to_proto(candidate: Candidate, person: Person) -> pb.MatchCandidate:
    """Somebody who may be meant, without their INS."""
    return pb.MatchCandidate(
        person=person_to_proto(person, with_ins=False),
        evidence=evidence_to_proto(candidate.evidence),
        source_id=str(candidate.source),
    )


def act_to_proto(act: LinkageAct, undone_by: ActId | None = None) -> pb.Act:
    """What was done, by whom and why."""
    made = pb.Act(
        act_id=str(act.id),
        kind=KINDS[act.kind],
        at=timestamp(act.at),
        by=str(act.by),
        moves=[
            pb.Move(source_id=str(move.source), from_person_id=_id(move.before), to_person_id=str(move.after))
            for move in act.moves
        ],
        undoes=_id(act.undoes),
        undone_by=_id(undone_by),
        review_id=_id(act.review),
        comment=act.comment,
        absorbed_id=_id(act.absorbed),
        surviving_id=_id(act.surviving),
    )
    if act.evidence is not None:
        made.evidence.CopyFrom(evidence_to_proto(act.evidence))
    return made


def acts_page(found: Sequence[Placed], limit: int) -> pb.ListActsResponse:
    """A page of acts; one more than the limit was read if there are more."""
    page = found[:limit]
    return pb.ListActsResponse(
        acts=[act_to_proto(one.act, one.undone_by) for one in page],
        next_cursor=str(page[-1].place) if len(found) > limit else "",
    )


def place(text: str) -> int | None:
    """Below which place a page begins; None for the first. Refuses with CURSOR_INVALID."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_PLACE):
        raise invalid_cursor()
    return int(text)


def position(text: str) -> tuple[int, SourceId] | None:
    """After which change a page begins; None for the first. Refuses with CURSOR_INVALID."""
    if not text:
        return None
    first, _, second = text.partition(".")
    known = place(first)
    try:
        if known is None:
            raise invalid_cursor()
        return known, source_id(second)
    except IdInvalid:
        raise invalid_cursor() from None


def change_to_proto(change: Change) -> pb.Change:
    """What became of a source identity."""
    return pb.Change(
        act_id=str(change.act),
        kind=KINDS[change.kind],
        source_id=str(change.move.source),
        issuer=change.issuer,
        local_id=change.local_id,
        from_person_id=_id(change.move.before),
        to_person_id=str(change.move.after),
        at=timestamp(change.at),
    )


def changes_page(found: Sequence[Change], cursor: str) -> pb.ListChangesResponse:
    """A page of changes, and where to go on from: the last of them, or where it began."""
    last = f"{found[-1].place}.{found[-1].move.source}" if found else cursor
    return pb.ListChangesResponse(changes=map(change_to_proto, found), next_cursor=last)


def _id(value: UUID | None) -> str:
    return str(value) if value is not None else ""
