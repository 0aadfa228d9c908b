"""Identities sent by other systems, through the door: linked, made, left in doubt, refused; versions; the platform's
own.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text
from terresante.consent.v1 import decision_service_pb2 as consent_pb
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante.identity.v1 import linkage_service_pb2 as linkage_pb
from terresante_identity.domain.reviews import MOST_AT_ONCE
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from . import fed
from .fed import CLINIC, HOSPITAL, NIR, PRACTICE, register
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


def at(day: int) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(datetime(2026, 11, day, tzinfo=UTC))
    return made


async def test_an_older_version_that_comes_late_is_refused(linkage: Any, feeder: UUID) -> None:
    await linkage.RegisterIdentity(register(valid_from=at(10)))
    with pytest.raises(Refusal) as refused:
        await linkage.RegisterIdentity(register(valid_from=at(9), used_name="Martin"))

    assert (refused.value.reason, refused.value.kind) == ("IDENTITY_VERSION_OLDER", "CONFLICT")


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (register(issuer="hospital"), "ISSUER_INVALID"),
        (register(issuer="urn:oid:1.2.250.1"), "ISSUER_INVALID"),
        (register(local_id=""), "LOCAL_ID_INVALID"),
        (register(local_id="a b"), "LOCAL_ID_INVALID"),
        (register(local_id="a\x00"), "LOCAL_ID_INVALID"),
        (register(local_id="x" * 65), "LOCAL_ID_INVALID"),
        (register(birth_name=""), "IDENTITY_NAME_MISSING"),
        (register(birth_name="L3fevre"), "IDENTITY_NAME_CHARACTER"),
        (register(first_names="Louise\u202e"), "IDENTITY_NAME_INVISIBLE_CHARACTER"),
        (register(birth_date=""), "IDENTITY_BIRTH_DATE_IMPOSSIBLE"),
        (register(birth_date="12/05/1951"), "IDENTITY_BIRTH_DATE_IMPOSSIBLE"),
        (register(birth_date="1951-13-01"), "IDENTITY_BIRTH_DATE_IMPOSSIBLE"),
        (register(birth_date="1951-05-32"), "IDENTITY_BIRTH_DATE_IMPOSSIBLE"),
        (register(birth_date="1851-05-12"), "IDENTITY_BIRTH_DATE_TOO_EARLY"),
        (register(birth_date="2051-05-12"), "IDENTITY_BIRTH_DATE_IN_FUTURE"),
        (register(birth_country="FRA"), "IDENTITY_BIRTH_COUNTRY_UNKNOWN"),
        (register(birth_postal_code="9\x004100"), "IDENTITY_BIRTH_PLACE_INVALID"),
        (register(birth_code="9" * 21), "IDENTITY_BIRTH_PLACE_INVALID"),
        (register(ins="12", status=fed.QUALIFIED), "INS_MALFORMED"),
        (register(status=fed.RETRIEVED), "INS_MALFORMED"),
        (register(ins=NIR, oid="1.2.3"), "INS_OID_UNKNOWN"),
        (register(ins=NIR, oid="1.2.250.1.213.1.4.8", status=fed.QUALIFIED), "INS_OID_OF_OTHER_ENVIRONMENT"),
        (register(ins=NIR, oid="1.2.250.1.213.1.4.8"), "INS_OID_OF_OTHER_ENVIRONMENT"),
        (register(flags=(pb.IDENTITY_FLAG_DOUBTFUL, pb.IDENTITY_FLAG_FICTITIOUS)), "IDENTITY_FLAGS_EXCLUSIVE"),
        (register(flags=(pb.IDENTITY_FLAG_UNSPECIFIED,)), "IDENTITY_FLAG_UNKNOWN"),
        (register(status=99), "IDENTITY_STATUS_UNKNOWN"),  # type: ignore[arg-type]
        (register(valid_from=Timestamp(seconds=2**60)), "MOMENT_INVALID"),
        (register(valid_from=Timestamp(seconds=4_000_000_000)), "MOMENT_INVALID"),
    ],
)
async def test_what_cannot_be_read_is_refused_and_nothing_is_kept_or_journalled(
    linkage: Any,
    feeder: UUID,
    database: Database,
    consent: WillingConsent,
    request_: linkage_pb.RegisterIdentityRequest,
    reason: str,
) -> None:
    with pytest.raises(Refusal) as refused:
        await linkage.RegisterIdentity(request_)

    assert refused.value.reason == reason
    assert refused.value.todo
    assert await kept(database) == NOTHING
    assert consent.asked == []


async def test_consent_is_asked_about_the_issuer_and_no_means_no(
    linkage: Any, feeder: UUID, consent: WillingConsent, database: Database
) -> None:
    consent.refused.add(consent_pb.ACTION_FEED_IDENTITY)
    with pytest.raises(Refusal) as refused:
        await linkage.RegisterIdentity(register())

    assert refused.value.reason == "ACCESS_REFUSED"
    assert [(question.action, question.issuer) for question in consent.asked] == [
        (consent_pb.ACTION_FEED_IDENTITY, HOSPITAL)
    ]
    assert await kept(database) == NOTHING


async def test_where_an_identity_comes_from_and_how_far_a_machine_may_go_is_what_consent_says(
    linkage: Any, feeder: UUID, consent: WillingConsent
) -> None:
    structure = str(uuid4())
    await linkage.RegisterIdentity(register())
    consent.scope = consent_pb.Scope(feeding_policy="suggest", structure_ids=[structure], territory_codes=["75-1"])
    suggested = await linkage.RegisterIdentity(register(CLINIC, "1"))

    assert suggested.outcome == fed.IN_DOUBT
    assert suggested.evidence.policy == "suggest"
    assert suggested.source.structure_id == structure


async def test_one_idempotency_key_registers_once(linkage: Any, calling_as: Any, database: Database) -> None:
    calling_as("system", uuid4(), key="k-1")
    replies = await asyncio.gather(*(linkage.RegisterIdentity(register()) for _ in range(5)))

    assert {reply.outcome for reply in replies} == {fed.CREATED}
    assert (await kept(database))["source_version"] == 1


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


async def test_a_feeder_reads_what_became_of_its_own_sources_from_the_first(linkage: Any, calling_as: Any) -> None:
    ours, theirs = uuid4(), uuid4()
    calling_as("system", ours)
    registered = [await linkage.RegisterIdentity(register(HOSPITAL, str(number), **fed.PAUL)) for number in (1, 2, 3)]
    calling_as("system", theirs)
    await linkage.RegisterIdentity(register(CLINIC, "1"))
    calling_as("system", ours)
    first = await linkage.ListChanges(linkage_pb.ListChangesRequest(limit=2))
    second = await linkage.ListChanges(linkage_pb.ListChangesRequest(cursor=first.next_cursor))
    last = await linkage.ListChanges(linkage_pb.ListChangesRequest(cursor=second.next_cursor))

    changes = [*first.changes, *second.changes]
    assert [change.source_id for change in changes] == [one.source.source_id for one in registered]
    assert [change.kind for change in changes] == [
        linkage_pb.ACT_KIND_REGISTERED,
        linkage_pb.ACT_KIND_LINKED,
        linkage_pb.ACT_KIND_LINKED,
    ]
    assert {change.from_person_id for change in changes} == {""}
    assert (list(last.changes), last.next_cursor) == ([], second.next_cursor)


@pytest.mark.parametrize("cursor", ["x", "1", "1.x", "9" * 30 + ".x", f"1.{UUID(int=0)}\x00", "-1.2"])
async def test_what_is_no_cursor_is_refused(linkage: Any, feeder: UUID, cursor: str) -> None:
    with pytest.raises(Refusal) as refused:
        await linkage.ListChanges(linkage_pb.ListChangesRequest(cursor=cursor))
    assert refused.value.reason == "CURSOR_INVALID"
    with pytest.raises(Refusal) as refused:
        await linkage.ListChanges(linkage_pb.ListChangesRequest(limit=501))
    assert refused.value.reason == "LIMIT_INVALID"


async def test_a_change_that_is_not_committed_yet_is_never_skipped(
    linkage: Any, feeder: UUID, database: Database
) -> None:
    """Somebody holds an act back: the page waits for it rather than go past its place."""
    from terresante_identity.store import acts

    async with database.transaction() as transaction:
        await transaction.execute(acts.ADDING)
        listing = asyncio.create_task(linkage.ListChanges(linkage_pb.ListChangesRequest()))
        async with database.reading() as connection:
            waits = text("select count(*) from pg_locks where locktype = 'advisory' and not granted")
            while (await connection.execute(waits)).scalar_one() == 0:
                await asyncio.sleep(0.01)
        assert not listing.done()
    assert list((await listing).changes) == []


async def test_a_moment_just_ahead_is_a_clock_and_not_a_fault(linkage: Any, feeder: UUID, monday: datetime) -> None:
    ahead = Timestamp()
    ahead.FromDatetime(monday + timedelta(hours=1))
    reply = await linkage.RegisterIdentity(register(valid_from=ahead))

    assert reply.source.valid_from == ahead
