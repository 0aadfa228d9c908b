"""Who is around whom: a caller's patients, and whom to tell about a patient."""

from datetime import datetime
from typing import Any
from uuid import UUID

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.refusals import Denied, Invalid
from terresante_platform.rpc.allow import allow

from terresante_consent import wire
from terresante_consent.domain.decision import is_told
from terresante_consent.domain.professionals import chosen_place
from terresante_consent.domain.sentences import WHY_NOT
from terresante_consent.domain.vocabulary import Action, Reason, Who
from terresante_consent.journal.leaf import Entry
from terresante_consent.rpc.desk import Desk
from terresante_consent.store import around
from terresante_consent.store.around import After, MyPatient
from terresante_consent.store.concerned import concerned

USUAL_LIMIT = 50
MOST = 100


class AccountSuspended(Denied):
    """The account is suspended, or the directory does not know it."""

    reason = Reason.ACCOUNT_SUSPENDED.value


class LimitInvalid(Invalid):
    """A page of no, or too many, lines."""

    reason = "LIMIT_INVALID"


class Around:
    """RPCs on who is around whom."""

    _desk: Desk

    @allow("professional", "patient")
    async def ListMyPatients(self, request: pb.ListMyPatientsRequest, _: Any) -> pb.ListMyPatientsResponse:
        """Ids only; who they are is asked of identity, which asks for a decision on each."""
        limit = page_size(request.limit, MOST)
        after = _after(request.cursor)
        if calls.person().kind == Who.PROFESSIONAL.value:
            found = await self._of_professional(after, limit + 1)
        else:
            async with self._desk.database.reading() as connection:
                found = await around.patients_represented(
                    connection, calls.person().id, self._desk.now(), after, limit + 1
                )
        return pb.ListMyPatientsResponse(
            patients=[_line(one) for one in found[:limit]],
            next_cursor=_cursor(found[limit - 1]) if len(found) > limit else "",
        )

    @allow(services=("messaging",))
    async def ListConcerned(self, request: pb.ListConcernedRequest, _: Any) -> pb.ListConcernedResponse:
        """For messaging, in its own name; whether each may still read is decided when they read."""
        patient, decision = wire.patient(request.patient_id), wire.optional_id(request.decision_id, "decision_id")
        now = self._desk.now()
        found = await self._desk.audiences.run(lambda driver: concerned(driver, patient, now, decision))
        professionals = [
            id
            for id, facts in found.professionals.items()
            if is_told(facts, _published(found.entry) if decision else None, self._desk.policy)
        ]
        return pb.ListConcernedResponse(
            professional_ids=sorted(map(str, professionals)),
            representative_ids=sorted(map(str, found.representatives)),
            consent_in_force=found.consent_in_force,
        )

    async def _of_professional(self, after: After | None, limit: int) -> list[MyPatient]:
        call, caller, now = calls.current(), calls.person(), self._desk.now()
        known = await self._desk.knowing.professional(caller.id)
        if known is None or not known.account_open:
            why, todo = WHY_NOT[Reason.ACCOUNT_SUSPENDED]
            raise AccountSuspended(f"Refusé : {why}.", todo)
        place = chosen_place(known, wire.chosen_place(call.place), now)
        if place is None:
            return []
        async with self._desk.database.reading() as connection:
            return await around.patients_of_professional(
                connection, caller.id, place.structure, known.health_professional, after, limit
            )


def _published(entry: Entry | None) -> str:
    """The category of what was published under that decision; blank, to which nobody is entitled, if it is no such."""
    right = entry is not None and entry.allowed and entry.question.action is Action.PUBLISH
    return entry.question.category if entry is not None and right else ""


def page_size(asked: int, most: int) -> int:
    """How many lines a page has. Refuses with LIMIT_INVALID."""
    if not 0 <= asked <= most:
        raise LimitInvalid("La taille de page ne convient pas.", f"Demandez 1 à {most} lignes.", field="limit")
    return asked or min(USUAL_LIMIT, most)


def _line(one: MyPatient) -> pb.MyPatient:
    return pb.MyPatient(patient_id=str(one.patient), since=wire.stamp(one.since), consent_in_force=one.consent_in_force)


def _cursor(last: MyPatient) -> str:
    return f"{last.since.isoformat()}~{last.patient}"


def _after(cursor: str) -> After | None:
    if not cursor:
        return None
    since, _, patient = cursor.partition("~")
    try:
        at = datetime.fromisoformat(since)
        if at.tzinfo is None:
            raise ValueError("no zone")
        return After(at, UUID(patient))
    except ValueError:
        raise wire.CursorInvalid("Ce curseur n'est pas valable.", "Reprenez la liste depuis le début.") from None
