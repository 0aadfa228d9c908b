"""What is refused of identities sent by other systems, and what consent says of it: nothing is kept then."""

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
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from . import fed
from .fed import CLINIC, HOSPITAL, NIR, register
from .willing_consent import WillingConsent

NOTHING = {"person": 0, "source": 0, "source_version": 0, "linkage_act": 0, "review": 0, "outbox": 0}


async def kept(database: Database) -> dict[str, int]:
    """How many rows each table has."""
    async with database.reading() as connection:
        return {
            table: int((await connection.execute(text(f"select count(*) from {table}"))).scalar_one())  # noqa: S608
            for table in NOTHING
        }


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


async def test_a_moment_just_ahead_is_a_clock_and_not_a_fault(linkage: Any, feeder: UUID, monday: datetime) -> None:
    ahead = Timestamp()
    ahead.FromDatetime(monday + timedelta(hours=1))
    reply = await linkage.RegisterIdentity(register(valid_from=ahead))

    assert reply.source.valid_from == ahead
