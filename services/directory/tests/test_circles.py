"""Circles and consents, asked of consent and shown where it answers: by week, and among an operation's impacts."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceStub, add_ConsentServiceServicer_to_server
from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror
from terresante_directory import towards
from terresante_directory.circles import Circles, counting
from terresante_directory.domain.care import CountCircles
from terresante_directory.domain.weeks import monday
from terresante_platform.database import Database
from terresante_platform.rpc import client
from terresante_platform.testing.certificates import Authority

from .counter import Counter, stamp
from .desk import Clock, Desk
from .operations_desk import Operations, beginning, hospital, move
from .small_consent import SmallConsent
from .tree import Tree


@pytest.fixture
def consent() -> SmallConsent:
    return SmallConsent()  # type: ignore[abstract]  # what the directory never asks is left unanswered


@pytest_asyncio.fixture
async def circles(consent: SmallConsent, serve: Any, dial: Any) -> CountCircles:
    address = await serve("consent", partial(add_ConsentServiceServicer_to_server, consent))
    return Circles(ConsentServiceStub(await dial(address, "consent", as_="directory"))).counted


@pytest_asyncio.fixture
async def operations(tree: Tree, database: Database) -> Operations:
    return await beginning(tree, database)


async def series(counter: Counter, since: datetime) -> dict[str, pb.IndicatorSeries]:
    request = pb.GetIndicatorsRequest(territory_code="94-ouest", **{"from": stamp(since)})
    return {one.kind: one for one in (await counter.stub.GetIndicators(request)).series if not one.label}


async def practises_elsewhere(desk: Desk, id: str, structure: str) -> None:
    """They leave their place for one there."""
    (known,) = await desk.read(id)
    ending = directory.EndPlaceRequest(professional_id=id, place_id=known.places[0].place_id, version=known.version)
    left = (await desk.stub.EndPlace(ending)).professional
    there = directory.NewPlace(structure_id=structure)
    await desk.stub.AddPlace(directory.AddPlaceRequest(professional_id=id, place=there, version=left.version))


async def test_each_week_is_counted_with_who_was_there_at_its_end(
    desk: Desk, counter: Counter, tree: Tree, clock: Clock, consent: SmallConsent
) -> None:
    me = await desk.administrator("94-ouest")
    site, other = await tree.enrol(), await tree.enrol(finess="940000029")
    anne = await desk.professional(site.structure_id)
    began = clock.at
    clock.at += timedelta(weeks=2)
    desk.sit(me)
    await practises_elsewhere(desk, anne.professional_id, other.structure_id)
    clock.at += timedelta(weeks=1)
    consent.counts = [(None, None), (10, None), (10, 5)]

    told = await series(counter, began - timedelta(weeks=1))

    circles = told["circles"]
    assert [(one.value, one.masked) for one in circles.points] == [
        (0, True),
        (10, False),
        (10, False),
        *[(10, False)] * 2,
    ]
    assert [one.masked for one in told["consents"].points] == [True, True, False, False, False]
    assert (circles.unknown, circles.smallest, circles.rounded_to) == (False, 5, 5)
    members, moments = consent.asked
    assert [monday(at) for at in moments] == [one.week.ToDatetime(UTC) for one in circles.points]
    assert members == {
        (UUID(site.structure_id), 1, 5),
        (UUID(other.structure_id), 1, 5),
        (UUID(anne.professional_id), 1, 5),
    }, "who practises in one place and then in another is asked about once"
    assert consent.told
    assert not consent.told & {"authorization", "place", "idempotency-key"}, "the administrator's token stays here"


async def test_without_consent_what_it_counts_is_not_known_and_the_rest_is_told(
    desk: Desk, counter: Counter, clock: Clock, consent: SmallConsent
) -> None:
    await desk.administrator("94-ouest")
    consent.away = True
    told = await series(counter, clock.at - timedelta(weeks=3))
    for kind in ("circles", "consents"):
        assert (told[kind].unknown, len(told[kind].points)) == (True, 0)
    assert (told["structures"].unknown, len(told["structures"].points)) == (False, 4)
    assert (told["enrolled"].smallest, told["structures"].smallest) == (5, 0)


async def test_an_operation_shows_the_circles_of_whom_it_concerns(
    operations: Operations, consent: SmallConsent, clock: Clock
) -> None:
    made = await hospital(operations)
    consent.counts = [(35, None)]
    asked = move(made.site, under=(await operations.tree.enrol(level="legal_entity", name="Autre")).structure_id)

    shown = await operations.preview(asked)

    assert shown.impacts.circles == ror.CountedCircles(value=35, smallest=5, rounded_to=5)
    moved = {made.site, made.unit, made.other_unit}
    assert {str(id) for id, _, _ in consent.asked[0]} - {made.anne} <= moved
    assert {str(id) for id, _, _ in consent.asked[0]} >= {made.site, made.anne}
    assert consent.asked[1] == [clock.at]
    consent.counts = [(40, 40)]
    assert (await operations.preview(asked)).preview == shown.preview, "circles open every day: nothing to show anew"
    consent.counts = [(None, None)]
    assert (await operations.preview(asked)).impacts.circles.masked
    consent.away = True
    away = await operations.preview(asked)
    assert not away.impacts.HasField("circles")
    assert away.impacts.places == shown.impacts.places
    await operations.perform(asked, shown.preview)


async def test_a_directory_that_stands_alone_and_one_whose_consent_is_not_there_know_no_circles(
    certificates: Authority,
) -> None:
    who = certificates.identity("directory")
    async with towards.consent("", who) as alone:
        assert await counting(alone)([], [datetime(2026, 3, 2, tzinfo=UTC)]) is None
    async with towards.consent("ipv4:127.0.0.1:1", who) as away:
        assert await counting(away)([], [datetime(2026, 3, 2, tzinfo=UTC)]) is None


async def test_a_consent_of_the_version_before_counts_nothing_and_breaks_nothing(
    serve: Any, certificates: Authority
) -> None:
    address = await serve("consent")
    async with client.connected(address, "consent", certificates.identity("directory")) as channel:
        assert await Circles(ConsentServiceStub(channel)).counted([], [datetime(2026, 3, 2, tzinfo=UTC)]) is None
