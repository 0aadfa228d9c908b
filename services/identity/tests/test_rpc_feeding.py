"""Identities sent by other systems, through the door: linked, made, left in doubt; versions; the platform's own."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from terresante.consent.v1 import decision_service_pb2 as consent_pb
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante.identity.v1 import linkage_service_pb2 as linkage_pb
from terresante_identity.domain.reviews import MOST_AT_ONCE
from terresante_platform.database import Database

from . import fed
from .fed import CLINIC, NIR, PRACTICE, register
from .willing_consent import WillingConsent

NOTHING = {"person": 0, "source": 0, "source_version": 0, "linkage_act": 0, "review": 0, "outbox": 0}


async def kept(database: Database) -> dict[str, int]:
    """How many rows each table has."""
    async with database.reading() as connection:
        return {
            table: int((await connection.execute(text(f"select count(*) from {table}"))).scalar_one())  # noqa: S608
            for table in NOTHING
        }


async def test_somebody_unknown_is_made_and_the_same_person_elsewhere_is_linked_with_its_reasons(
    linkage: Any, feeder: UUID, published: Any
) -> None:
    first = await linkage.RegisterIdentity(register())
    second = await linkage.RegisterIdentity(
        register(CLINIC, "4711", birth_name="LEFEVRE", first_names="LOUISE", birth_code="", birth_postal_code="94100")
    )

    assert (first.outcome, second.outcome) == (fed.CREATED, fed.LINKED)
    assert second.person_id == first.person_id
    assert second.evidence.decision == linkage_pb.MATCH_DECISION_AUTO
    assert second.evidence.score == pytest.approx(sum(reason.weight for reason in second.evidence.reasons))
    assert not first.HasField("evidence")
    assert first.source.traits == fed.traits()
    assert await published() == ["identity.v1.person_created", "identity.v1.source_moved", "identity.v1.source_moved"]


async def test_a_doubt_makes_a_person_of_its_own_and_a_pair_for_a_human(
    linkage: Any, feeder: UUID, published: Any
) -> None:
    first = await linkage.RegisterIdentity(register())
    second = await linkage.RegisterIdentity(register(CLINIC, "4711", **fed.DOUBTFUL))

    assert second.outcome == fed.IN_DOUBT
    assert second.person_id != first.person_id
    assert len(second.review_ids) == 1
    assert second.evidence.decision == linkage_pb.MATCH_DECISION_REVIEW
    assert (await published())[-1] == "identity.v1.review_opened"


async def test_the_same_again_changes_nothing_and_a_newer_version_keeps_the_person(
    linkage: Any, feeder: UUID, database: Database
) -> None:
    first = await linkage.RegisterIdentity(register())
    before = await kept(database)
    again = await linkage.RegisterIdentity(register())
    assert await kept(database) == before
    newer = await linkage.RegisterIdentity(register(used_name="Martin"))

    assert (again.outcome, newer.outcome) == (fed.UNCHANGED, fed.UPDATED)
    assert (again.source.version, newer.source.version) == (1, 2)
    assert newer.person_id == first.person_id


async def test_an_identity_is_kept_as_it_came_with_what_looks_wrong(linkage: Any, feeder: UUID, service: Any) -> None:
    wrong = register(
        birth_date="1951-06-31",
        birth_postal_code="94999",
        birth_code="",
        sex=pb.SEX_UNSPECIFIED,
        status=fed.QUALIFIED,
        ins=NIR[:-2] + "00",
    )
    reply = await linkage.RegisterIdentity(wrong)

    assert list(reply.source.warnings) == [
        "BIRTH_DATE_IMPOSSIBLE",
        "BIRTH_PLACE_UNKNOWN",
        "INS_KEY_WRONG",
        "SEX_UNKNOWN",
    ]
    assert reply.source.traits == wrong.traits
    assert (reply.source.ins_matricule, reply.source.status) == (NIR[:-2] + "00", fed.QUALIFIED)


async def test_a_number_counts_only_with_a_status(linkage: Any, feeder: UUID, read: Any) -> None:
    claim = await linkage.RegisterIdentity(register(ins=NIR, status=fed.VALIDATED))
    person = await read(claim.person_id)

    assert list(claim.source.warnings) == ["INS_WITHOUT_STATUS"]
    assert claim.source.ins_matricule == NIR
    assert (person.status, person.ins_matricule) == (fed.VALIDATED, "")


async def test_the_same_number_and_strict_traits_are_linked_first_of_all_and_other_traits_never_by_a_machine(
    linkage: Any, feeder: UUID, read: Any
) -> None:
    first = await linkage.RegisterIdentity(register(ins=NIR, status=fed.QUALIFIED))
    same = await linkage.RegisterIdentity(register(CLINIC, "1", ins=NIR, status=fed.RETRIEVED))
    other = await linkage.RegisterIdentity(
        register(PRACTICE, "1", ins=NIR, status=fed.QUALIFIED, birth_name="Morel", first_names="Anne")
    )

    assert (same.outcome, same.person_id) == (fed.LINKED, first.person_id)
    assert same.evidence.same_ins
    assert other.outcome == fed.IN_DOUBT
    assert list(other.source.warnings) == ["INS_HELD_BY_ANOTHER", "INS_OTHER_TRAITS"]
    assert "SAME_INS_OTHER_TRAITS" in other.evidence.vetoes
    assert (await read(other.person_id)).ins_matricule == ""
    assert (await read(first.person_id)).ins_matricule == NIR


async def test_what_is_shown_is_the_best_of_the_sources(linkage: Any, feeder: UUID, read: Any, published: Any) -> None:
    plain = await linkage.RegisterIdentity(register(birth_name="LEFEVRE", first_names="LOUISE"))
    qualified = await linkage.RegisterIdentity(register(CLINIC, "1", ins=NIR, status=fed.QUALIFIED))
    person = await read(plain.person_id)

    assert qualified.person_id == plain.person_id
    assert (person.traits.birth_name, person.status, person.ins_matricule) == ("Lefèvre", fed.QUALIFIED, NIR)
    assert person.version == 2
    assert (await published())[-2:] == ["identity.v1.person_changed", "identity.v1.source_moved"]


async def test_two_different_numbers_are_not_united_by_a_machine(linkage: Any, feeder: UUID) -> None:
    first = await linkage.RegisterIdentity(register(ins=NIR, status=fed.QUALIFIED))
    other = await linkage.RegisterIdentity(register(CLINIC, "1", ins=fed.OTHER_NIR, status=fed.RETRIEVED))

    assert other.outcome == fed.IN_DOUBT
    assert other.person_id != first.person_id


async def test_whoever_has_the_number_is_asked_about_however_many_others_are_more_alike(
    linkage: Any, feeder: UUID, consent: WillingConsent, read: Any
) -> None:
    consent.scope = consent_pb.Scope(feeding_policy="suggest")
    holder = await linkage.RegisterIdentity(register(ins=NIR, status=fed.QUALIFIED))
    for number in range(MOST_AT_ONCE):
        await linkage.RegisterIdentity(register(CLINIC, str(number), **fed.PAUL))
    claiming = await linkage.RegisterIdentity(register(PRACTICE, "1", ins=NIR, status=fed.RETRIEVED, **fed.PAUL))

    assert list(claiming.source.warnings) == ["INS_HELD_BY_ANOTHER", "INS_OTHER_TRAITS"]
    assert len(claiming.review_ids) == MOST_AT_ONCE + 1
    assert (await read(claiming.person_id)).ins_matricule == ""
    assert (await read(holder.person_id)).ins_matricule == NIR


async def test_doubtful_and_fictitious_lose_number_and_status(linkage: Any, feeder: UUID, read: Any) -> None:
    reply = await linkage.RegisterIdentity(
        register(ins=NIR, status=fed.QUALIFIED, flags=(pb.IDENTITY_FLAG_DOUBTFUL, pb.IDENTITY_FLAG_HOMONYM))
    )
    person = await read(reply.person_id)

    assert (person.status, person.ins_matricule) == (pb.IDENTITY_STATUS_PROVISIONAL, "")
    assert set(person.flags) == {pb.IDENTITY_FLAG_DOUBTFUL, pb.IDENTITY_FLAG_HOMONYM}


async def test_a_version_that_no_longer_fits_stays_linked_and_says_so(linkage: Any, feeder: UUID) -> None:
    first = await linkage.RegisterIdentity(register())
    await linkage.RegisterIdentity(register(CLINIC, "1"))
    newer = await linkage.RegisterIdentity(register(CLINIC, "1", **fed.PAUL))

    assert newer.person_id == first.person_id
    assert list(newer.source.warnings) == ["TRAITS_NO_LONGER_FIT"]


async def test_a_changed_trait_ends_what_was_asked_and_asks_anew(
    linkage: Any, feeder: UUID, database: Database
) -> None:
    await linkage.RegisterIdentity(register())
    doubt = await linkage.RegisterIdentity(register(CLINIC, "1", **fed.DOUBTFUL))
    unchanged = await linkage.RegisterIdentity(register(CLINIC, "1", status=fed.VALIDATED, **fed.DOUBTFUL))
    async with database.reading() as connection:
        states = text("select state, source_version, other_source_version from review order by created_at, id")
        carried = [tuple(row) for row in await connection.execute(states)]
    corrected = await linkage.RegisterIdentity(register(CLINIC, "1", status=fed.VALIDATED, birth_name="Moreaux"))
    async with database.reading() as connection:
        after = [row.state for row in await connection.execute(states)]

    assert list(unchanged.review_ids) == []
    assert [(state, sorted(versions)) for state, *versions in carried] == [("WAITING", [1, 2])]
    assert len(corrected.review_ids) == 1
    assert corrected.review_ids[0] != doubt.review_ids[0]
    assert sorted(after) == ["OVERTAKEN", "WAITING"]


async def test_what_people_type_is_a_source_too_and_what_they_change_is_its_next_version(
    service: Any, linkage: Any, calling_as: Any, database: Database, read: Any
) -> None:
    calling_as("system", uuid4())
    fed_one = await linkage.RegisterIdentity(register(status=fed.VALIDATED))
    calling_as("professional", uuid4())
    flagged = await service.FlagIdentity(
        pb.FlagIdentityRequest(person_id=fed_one.person_id, version=1, flags=[pb.IDENTITY_FLAG_DOUBTFUL])
    )
    cleared = await service.FlagIdentity(pb.FlagIdentityRequest(person_id=fed_one.person_id, version=2))
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                "select s.local_id, v.version, v.flags from source s join source_version v on v.source_id = s.id"
                " where s.issuer = 'urn:terresante:identity' order by v.version"
            )
        )
        versions = [tuple(row) for row in rows]

    assert flagged.person.status == pb.IDENTITY_STATUS_PROVISIONAL
    assert (cleared.person.status, list(cleared.person.flags)) == (fed.VALIDATED, [])
    assert versions == [(fed_one.person_id, 1, ["douteuse"]), (fed_one.person_id, 2, [])]
