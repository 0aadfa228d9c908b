"""Enrolment as an administrator does it, over mutual TLS on a real database: kept, announced, refused."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform.database import Database

from .desk import Clock, Desk, Published, reason
from .in_memory import AccountsInMemory


async def test_a_structure_and_a_professional_are_kept_and_announced(desk: Desk, published: Published) -> None:
    professional = await desk.someone(rpps="10002813839")

    assert professional.rpps == "10002813839"
    assert (professional.profession_label, professional.health_professional) == ("Médecin", True)
    assert (professional.account_state, professional.version) == (pb.ACCOUNT_STATE_NONE, 1)
    assert [place.role for place in professional.places] == ["titulaire"]
    assert not professional.places[0].HasField("until")
    assert await desk.read(professional.professional_id) == [professional]
    assert await published() == ["directory.v1.structure_changed", "directory.v1.professional_changed"]


async def test_a_social_worker_is_registered_without_rpps_and_is_no_health_professional(desk: Desk) -> None:
    professional = await desk.someone(profession="NPS-ASS")

    assert (professional.rpps, professional.health_professional) == ("", False)


async def test_a_doubtful_number_is_registered_and_the_doubt_is_told(desk: Desk) -> None:
    await desk.administrator("94-ouest")
    site = await desk.stub.RegisterStructure(
        pb.RegisterStructureRequest(
            name="Hôpital", kind="hospital_service", territory_code="94-ouest", finess="940110017"
        )
    )
    place = pb.NewPlace(structure_id=site.structure.structure_id)
    reply = await desk.stub.RegisterProfessional(
        pb.RegisterProfessionalRequest(
            rpps="10003461033", family_name="A", given_name="B", profession="10", places=[place]
        )
    )

    assert (list(site.doubts), list(reply.doubts)) == (["FINESS_KEY"], ["RPPS_KEY"])


async def test_another_territorys_administrator_is_refused_everything_and_nothing_changes(
    desk: Desk, published: Published, keycloak: AccountsInMemory
) -> None:
    professional = await desk.someone()
    id, place = professional.professional_id, professional.places[0]
    before = await published()
    await desk.administrator("95-sud")

    refused = [
        await reason(desk.structure()),
        await reason(desk.structure(territory_code="95-sud", part_of=place.structure_id)),
        await reason(desk.professional(place.structure_id)),
        await reason(
            desk.stub.AddPlace(
                pb.AddPlaceRequest(professional_id=id, version=1, place=pb.NewPlace(structure_id=place.structure_id))
            )
        ),
        await reason(desk.stub.EndPlace(pb.EndPlaceRequest(professional_id=id, place_id=place.place_id, version=1))),
        await reason(desk.open(id)),
        await reason(desk.suspend(id)),
        await reason(desk.reinstate(id)),
    ]

    assert refused == ["TERRITORY_NOT_YOURS"] * 8
    assert await desk.read(id) == [professional]
    assert await published() == before
    assert keycloak.users == {}


async def test_an_administrator_whom_nobody_appointed_administers_nothing(desk: Desk) -> None:
    desk.sit(uuid4())

    assert await reason(desk.structure()) == "ADMINISTRATOR_UNKNOWN"
    assert await reason(desk.read()) == "ADMINISTRATOR_UNKNOWN"
    assert await reason(desk.stub.GetAdministrator(pb.GetAdministratorRequest())) == "ADMINISTRATOR_UNKNOWN"


async def test_the_same_key_registers_once_and_answers_the_same(desk: Desk, published: Published) -> None:
    id = await desk.administrator("94-ouest")
    structure = await desk.structure()
    desk.sit(id, key="k1")

    first = await desk.professional(structure.structure_id)
    again = await desk.professional(structure.structure_id)

    assert first == again
    assert len(await published()) == 2
    assert await reason(desk.professional(structure.structure_id, family_name="Autre")) == "IDEMPOTENCY_KEY_REUSED"
    assert await reason(desk.structure()) == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"rpps": "123"}, "RPPS_INVALID"),
        ({"rpps": "10002813839"}, "PROFESSIONAL_ALREADY"),
        ({"profession": "99"}, "PROFESSION_UNKNOWN"),
        ({"family_name": ""}, "PROFESSIONAL_NAME_INVALID"),
        ({"given_name": "A\u202eB"}, "PROFESSIONAL_NAME_INVALID"),
        ({"structure": str(uuid4())}, "STRUCTURE_UNKNOWN"),
        ({"structure": "somewhere"}, "ID_INVALID"),
    ],
)
async def test_what_is_refused_of_a_professional(desk: Desk, changes: dict[str, str], expected: str) -> None:
    known = await desk.someone(rpps="10002813839")
    structure = changes.pop("structure", known.places[0].structure_id)

    assert await reason(desk.professional(structure, **changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"finess": "940110018"}, "STRUCTURE_ALREADY"),
        ({"finess": "9401"}, "STRUCTURE_IDENTIFIER_INVALID"),
        ({"territory_code": "13-mars"}, "TERRITORY_UNKNOWN"),
        ({"name": ""}, "STRUCTURE_NAME_INVALID"),
        ({"kind": ""}, "STRUCTURE_KIND_UNKNOWN"),
        ({"postal_code": "x"}, "STRUCTURE_ADDRESS_INVALID"),
        ({"part_of": str(uuid4())}, "STRUCTURE_UNKNOWN"),
    ],
)
async def test_what_is_refused_of_a_structure(
    desk: Desk, published: Published, changes: dict[str, str], expected: str
) -> None:
    await desk.administrator("94-ouest")
    await desk.structure(finess="940110018")

    assert await reason(desk.structure(**changes)) == expected
    assert len(await published()) == 1


async def test_places_begin_and_end_each_with_a_new_version_and_a_stale_change_is_refused(
    desk: Desk, clock: Clock, published: Published
) -> None:
    professional = await desk.someone()
    id, here = professional.professional_id, professional.places[0]
    there = pb.NewPlace(structure_id=(await desk.structure(name="Ailleurs")).structure_id)
    clock.at += timedelta(days=1)

    added = await desk.stub.AddPlace(pb.AddPlaceRequest(professional_id=id, version=1, place=there))
    ended = await desk.stub.EndPlace(
        pb.EndPlaceRequest(professional_id=id, place_id=here.place_id, version=added.professional.version)
    )

    assert [place.HasField("until") for place in ended.professional.places] == [True, False]
    assert ended.professional.version == 3
    assert await desk.read(id) == [ended.professional]
    assert (await published()).count("directory.v1.professional_changed") == 3
    again = pb.AddPlaceRequest(professional_id=id, version=2, place=there)
    assert await reason(desk.stub.AddPlace(again)) == "VERSION_STALE"
    again.version = 0
    assert await reason(desk.stub.AddPlace(again)) == "VERSION_REQUIRED"
    again.version = 3
    assert await reason(desk.stub.AddPlace(again)) == "PLACE_ALREADY"
    again.professional_id = str(uuid4())
    assert await reason(desk.stub.AddPlace(again)) == "PROFESSIONAL_UNKNOWN"


async def test_nothing_personal_is_in_the_outbox(desk: Desk, database: Database) -> None:
    professional = await desk.someone(rpps="10002813839", family_name="Canari", given_name="Jaune")
    await desk.open(professional.professional_id)

    async with database.reading() as connection:
        payloads = [bytes(row.payload) for row in await connection.execute(text("select payload from outbox"))]
    assert len(payloads) == 4
    assert not any(word in payload for payload in payloads for word in (b"Canari", b"Jaune", b"10002813839"))
