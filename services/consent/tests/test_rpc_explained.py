"""What people are told of decisions that refused them: what stood between them and the record, nothing of the thing."""

from itertools import product
from typing import Any
from uuid import UUID

import pytest
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante_platform.ids import new_id

from .house import House, reason

HIDINGS = ("hidden_from_professionals", "hidden_from_patient", "hidden_from_representatives")


async def explained(house: House, patient: UUID, entry: str) -> decisions_pb.GetDecisionResponse:
    """A decision, as who is calling is told of it; without what differs between any two."""
    asked = decisions_pb.GetDecisionRequest(patient_id=str(patient), entry_id=entry)
    reply: decisions_pb.GetDecisionResponse = await house.portal_decisions.GetDecision(asked)
    assert reply.decision.entry_id == entry
    reply.decision.entry_id = ""
    return reply


@pytest.mark.parametrize("action", ["READ", "CHANGE"])
@pytest.mark.parametrize("kind", ["professional", "patient"])
async def test_who_is_outside_learns_nothing_of_the_thing_they_were_refused(
    house: House, kind: str, action: str
) -> None:
    patient = await house.consented(house.directory.professional())
    outsider = house.directory.professional("60") if kind == "professional" else house.identity.person()
    house.call_as(kind, outsider)
    told, lines = [], []
    for flags in product((False, True), repeat=3):
        for category in ("letter", "residence_certificate"):
            hidden: dict[str, Any] = dict(zip(HIDINGS, flags, strict=True))
            refused = await house.decided(
                patient, action, kind="DOCUMENT", category=category, resource_id=new_id(), author_id=new_id(), **hidden
            )
            assert not refused.allowed
            told.append(await explained(house, patient, refused.entry_id))
    if kind == "professional":
        made = decisions_pb.Action.Value(f"ACTION_{action}")
        lines = [one for one in await house.lines(patient) if one.action == made]
        assert len(lines) == 16

    assert all(one == told[0] for one in told)
    assert not {*HIDINGS, "own", "has_own"} & {*told[0].facts, *told[0].would_flip}
    assert {(tuple(one.reasons), one.sentence, one.category) for one in lines} in (
        set(),
        {(tuple(told[0].decision.reasons), told[0].decision.sentence, "")},
    )


async def test_who_is_outside_is_told_what_would_let_them_in(house: House) -> None:
    patient = await house.consented(house.directory.professional())
    house.professional(house.directory.professional("60"))
    refused = await house.decided(patient, "READ", hidden_from_professionals=True)

    told = await explained(house, patient, refused.entry_id)

    assert list(refused.reasons) == ["NOT_IN_CIRCLE", "HIDDEN"]
    assert list(told.decision.reasons) == ["NOT_IN_CIRCLE"]
    assert dict(told.would_flip) == {"member": "true"}
    assert "masqué" not in told.decision.sentence
    assert told.facts["member"] == "false"


async def test_the_patient_sees_all_of_what_refused_a_professional(house: House) -> None:
    patient = await house.consented(house.directory.professional())
    house.professional(house.directory.professional("60"))
    refused = await house.decided(patient, "READ", hidden_from_professionals=True)
    house.person(patient)

    told = await explained(house, patient, refused.entry_id)

    assert list(told.decision.reasons) == ["NOT_IN_CIRCLE", "HIDDEN"]
    assert told.facts["hidden_from_professionals"] == "true"
    assert dict(told.would_flip) == {"member": "true", "hidden_from_professionals": "false"}
    line = next(one for one in await house.lines(patient) if one.entry_id == refused.entry_id)
    assert (line.category, list(line.reasons)) == ("letter", ["NOT_IN_CIRCLE", "HIDDEN"])


@pytest.mark.parametrize("action", ["READ", "CHANGE"])
async def test_to_a_member_a_thing_that_is_only_hidden_from_them_is_unknown(house: House, action: str) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    patient = await house.consented(doctor)
    await house.invites(patient, nurse)
    house.professional(nurse)
    hidden = {"resource_id": new_id(), "author_id": doctor, "hidden_from_professionals": True}
    refused = await house.decided(patient, action, category="letter", **hidden)
    assert not refused.allowed

    assert await reason(explained(house, patient, refused.entry_id)) == "DECISION_UNKNOWN"
    assert refused.entry_id not in {line.entry_id for line in await house.lines(patient)}
    house.person(patient)
    assert (await explained(house, patient, refused.entry_id)).facts["hidden_from_professionals"] == "true"


async def test_to_the_patient_what_waits_for_an_announcement_is_unknown(house: House) -> None:
    patient = await house.consented(house.directory.professional())
    house.person(patient)
    refused = await house.decided(patient, "READ", hidden_from_patient=True)
    assert list(refused.reasons) == ["HIDDEN"]

    assert await reason(explained(house, patient, refused.entry_id)) == "DECISION_UNKNOWN"


async def test_of_a_category_that_is_not_theirs_a_member_is_told_that_and_not_whether_it_is_hidden(
    house: House,
) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    told = []
    for hidden in (False, True):
        refused = await house.decided(
            patient, "READ", category="residence_certificate", hidden_from_professionals=hidden
        )
        told.append(await explained(house, patient, refused.entry_id))

    assert told[0] == told[1]
    assert list(told[0].decision.reasons) == ["CATEGORY_NOT_ENTITLED"]


async def test_who_was_allowed_is_told_all(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    allowed = await house.decided(patient, "READ", author_id=doctor, hidden_from_professionals=True)

    told = await explained(house, patient, allowed.entry_id)

    assert (told.facts["own"], told.facts["hidden_from_professionals"]) == ("true", "true")
