"""What each kind of reader gets of the directory, in which order, page by page."""

from typing import Any
from uuid import UUID, uuid4

from terresante.directory.v1 import directory_service_pb2 as pb
from terresante.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub

from .desk import CallingAs, Desk, reason


async def test_batches_answer_in_the_order_asked_and_leave_the_unknown_out(desk: Desk) -> None:
    first = await desk.someone()
    second = await desk.professional(first.places[0].structure_id, family_name="Zola")

    wanted = [second.professional_id, str(uuid4()), first.professional_id]

    assert await desk.read(*wanted) == [second, first]
    structures = await desk.stub.BatchGetStructures(
        pb.BatchGetStructuresRequest(structure_ids=[str(uuid4()), first.places[0].structure_id])
    )
    assert [structure.name for structure in structures.structures] == ["Cabinet des Tilleuls"]
    assert await reason(desk.read(*[str(uuid4())] * 201)) == "TOO_MANY_IDS"
    assert await reason(desk.read("12")) == "ID_INVALID"


async def test_the_state_of_an_account_is_told_to_administrators_and_to_consent_only(
    desk: Desk, address: str, dial: Any, calling_as: CallingAs
) -> None:
    id = (await desk.someone()).professional_id
    opened = (await desk.open(id)).professional
    consent = DirectoryServiceStub(await dial(address, "directory", as_="consent"))

    assert opened.account_state == pb.ACCOUNT_STATE_OPEN
    calling_as("patient", uuid4())
    (seen,) = await desk.read(id)
    (read,) = (
        await consent.BatchGetProfessionals(pb.BatchGetProfessionalsRequest(professional_ids=[id]))
    ).professionals
    assert (seen.account_state, read.account_state) == (pb.ACCOUNT_STATE_UNSPECIFIED, pb.ACCOUNT_STATE_OPEN)
    calling_as("professional", uuid4())
    assert (await desk.read(id))[0].account_state == pb.ACCOUNT_STATE_UNSPECIFIED


async def test_professionals_are_searched_page_by_page(desk: Desk, calling_as: CallingAs) -> None:
    known = await desk.someone(family_name="Abeille", given_name="Zoé")
    structure = known.places[0].structure_id
    for name in ("Bézard", "Camus", "Dézarnaud"):
        await desk.professional(structure, family_name=name)
    calling_as("professional", uuid4())

    async def names(**wanted: Any) -> tuple[list[str], str]:
        page = await desk.stub.SearchProfessionals(pb.SearchProfessionalsRequest(**wanted))
        return [each.family_name for each in page.professionals], page.next_cursor

    first, cursor = await names(limit=3, territory_code="94-ouest")
    second, end = await names(limit=3, territory_code="94-ouest", cursor=cursor)
    assert (first, second, end) == (["Abeille", "Bézard", "Camus"], ["Dézarnaud"], "")
    assert cursor == str(UUID(cursor))
    assert await names(text="beza") == (["Bézard"], "")
    assert await names(text="zo abei", structure_id=structure) == (["Abeille"], "")
    assert await names(text="%") == ([], "")
    assert await names(profession="60") == ([], "")
    assert await reason(names(limit=101)) == "SEARCH_INVALID"
    assert await reason(names(limit=-1)) == "SEARCH_INVALID"
    assert await reason(names(text="x" * 201)) == "SEARCH_INVALID"
    assert await reason(names(cursor="1 or 1=1")) == "ID_INVALID"


async def test_structures_are_searched_page_by_page(desk: Desk) -> None:
    await desk.administrator("94-ouest")
    for name in ("Cabinet A", "Cabinet B", "Élan"):
        await desk.structure(name=name)

    async def names(**wanted: Any) -> tuple[list[str], str]:
        page = await desk.stub.SearchStructures(pb.SearchStructuresRequest(**wanted))
        return [each.name for each in page.structures], page.next_cursor

    first, cursor = await names(text="cabinet", limit=1)
    assert first == ["Cabinet A"]
    assert await names(text="cabinet", limit=1, cursor=cursor) == (["Cabinet B"], "")
    assert await names(text="elan", territory_code="94-ouest") == (["Élan"], "")
    assert await names(territory_code="95-sud") == ([], "")
    assert await names(text="…") == ([], "")


async def test_the_fourteen_territories_are_listed_by_department(desk: Desk, calling_as: CallingAs) -> None:
    calling_as("patient", uuid4())

    told = (await desk.stub.ListTerritories(pb.ListTerritoriesRequest())).territories

    assert len(told) == 14
    assert sum(territory.started for territory in told) == 9
    assert [territory.department for territory in told] == sorted(territory.department for territory in told)


async def test_an_administrator_reads_what_they_administer(desk: Desk) -> None:
    id = await desk.administrator("94-ouest", "94-est")

    told = await desk.stub.GetAdministrator(pb.GetAdministratorRequest())

    assert (told.administrator_id, told.name) == (str(id), "Claire Durand")
    assert list(told.territory_codes) == ["94-est", "94-ouest"]
