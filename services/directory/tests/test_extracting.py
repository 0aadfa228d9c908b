"""The directory as it stands, page by page: which things, what comes along, and what each kind of reader gets."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from terresante.directory.v1 import extract_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror
from terresante.directory.v1.extract_service_pb2_grpc import ExtractServiceStub, add_ExtractServiceServicer_to_server
from terresante_directory import gazetteer, reference
from terresante_directory.rpc.extracting import ExtractService
from terresante_platform.database import Database

from . import offering
from .desk import Clock, reason
from .tree import Tree, stamp

STRUCTURES, OFFERS, PROFESSIONALS, PLACES = (
    pb.EXTRACTED_STRUCTURES,
    pb.EXTRACTED_OFFERS,
    pb.EXTRACTED_PROFESSIONALS,
    pb.EXTRACTED_PLACES,
)
Extract = Callable[..., Any]


@pytest_asyncio.fixture
async def extract(database: Database, serve: Any, dial: Any, clock: Clock) -> Extract:
    """Asks for an extract; `filter` are the fields of one."""
    service = ExtractService(
        database, reference.professions(), gazetteer.load(), reference.disclosure(), clock.now
    )  # fmt: skip
    address = await serve("directory", partial(add_ExtractServiceServicer_to_server, service))
    stub = ExtractServiceStub(await dial(address, "directory", as_="gateway"))

    async def ask(extracted: Any, along: Any = (), **more: Any) -> pb.ExtractResponse:
        fields = {name: more.pop(name) for name in ("cursor", "limit", "with_total", "either") if name in more}
        asked = pb.ExtractFilter(**more)
        request = pb.ExtractRequest(extracted=extracted, filter=asked, along=along, **fields)
        return await stub.Extract(request)  # type: ignore[no-any-return]

    return ask


async def hospital(tree: Tree) -> tuple[ror.StructureSheet, ror.StructureSheet, ror.OfferSheet]:
    """A legal entity, its site in Créteil and an offer of it."""
    entity = await tree.enrol(level="legal_entity", name="Groupe du Port", siren="732829320")
    where = {"commune": "Créteil", "commune_code": "94028", "postal_code": "94000"}
    site = await tree.enrol(part_of=entity.structure_id, finess="940000014", **where)
    return entity, site, await offering.enrol(tree, site.structure_id, care_modes=["28"], age_from_months=216)


def names(answer: pb.ExtractResponse) -> list[str]:
    """Of the structures and offers."""
    return [one.sheet.content.name for one in (*answer.structures, *answer.offers)]


async def test_pages_go_on_after_the_last_id_and_the_total_is_exact(tree: Tree, extract: Extract) -> None:
    await tree.desk.administrator("94-ouest")
    enrolled = [await tree.enrol(name=f"Site {number}", siret="") for number in range(5)]

    first = await extract(STRUCTURES, limit=2, with_total=True)
    second = await extract(STRUCTURES, limit=2, cursor=first.next_cursor)
    third = await extract(STRUCTURES, limit=2, cursor=second.next_cursor)

    told = [one.sheet.structure_id for page in (first, second, third) for one in page.structures]
    assert told == sorted(one.structure_id for one in enrolled)
    assert (first.total, first.matched, second.HasField("total"), third.next_cursor) == (5, 2, False, "")


async def test_the_extraction_of_an_offer_brings_who_provides_it_up_to_the_root_and_who_practises_there(
    tree: Tree, extract: Extract
) -> None:
    await tree.desk.administrator("94-ouest")
    entity, site, offer = await hospital(tree)
    anne = await tree.desk.professional(site.structure_id)
    elsewhere = await tree.enrol(name="Ailleurs")
    await tree.desk.professional(elsewhere.structure_id, family_name="Zola")
    along = [pb.ALONG_STRUCTURES, pb.ALONG_ANCESTORS, pb.ALONG_PLACES, pb.ALONG_PROFESSIONALS]

    told = await extract(OFFERS, along)

    assert [one.sheet.offer_id for one in told.offers] == [offer.offer_id]
    assert {one.sheet.structure_id for one in told.structures} == {entity.structure_id, site.structure_id}
    assert [one.structure_id for one in told.places] == [site.structure_id]
    assert [one.professional_id for one in told.professionals] == [anne.professional_id]
    assert (told.professionals[0].profession_label, told.places[0].active, told.truncated) == ("Médecin", True, False)
    assert told.matched == 1


async def test_structures_bring_their_parents_one_level_up_or_all(tree: Tree, extract: Extract) -> None:
    await tree.desk.administrator("94-ouest")
    entity, site, _ = await hospital(tree)
    pole = await tree.enrol(name="Pôle", level="internal", part_of=site.structure_id)

    parents = await extract(STRUCTURES, [pb.ALONG_PARENTS], ids=[pole.structure_id])
    ancestors = await extract(STRUCTURES, [pb.ALONG_ANCESTORS], ids=[pole.structure_id])
    under = await extract(STRUCTURES, [pb.ALONG_OFFERS], ids=[site.structure_id])

    assert names(parents) == ["Pôle", "Hôpital du Port"]
    assert {one.sheet.structure_id for one in ancestors.structures} == {
        entity.structure_id,
        site.structure_id,
        pole.structure_id,
    }
    assert (under.matched, names(under)) == (1, ["Hôpital du Port", "Consultation mémoire"])


@pytest.mark.parametrize(
    ("kind", "asked", "found"),
    [
        (STRUCTURES, {"finess": ["940000014"]}, True),
        (STRUCTURES, {"finess": ["940000022"], "siren": ["732829320"]}, True),
        (STRUCTURES, {"finess": ["940000022"]}, False),
        (STRUCTURES, {"name": "port", "levels": [ror.STRUCTURE_LEVEL_SITE]}, True),
        (STRUCTURES, {"name": "hopital", "levels": [ror.STRUCTURE_LEVEL_INTERNAL]}, False),
        (STRUCTURES, {"commune": "creteil", "postal_code": "940"}, True),
        (STRUCTURES, {"commune": "Cré"}, True),
        (STRUCTURES, {"postal_code": "94_"}, False),
        (STRUCTURES, {"territory_codes": ["95-sud"]}, False),
        (STRUCTURES, {"near_commune_code": "94028", "within_metres": 500}, True),
        (STRUCTURES, {"near": ror.Position(latitude=48.0, longitude=2.0)}, False),
        (OFFERS, {"activities": ["099"], "types": ["27"], "fields": ["01"], "care_modes": ["01", "28"]}, True),
        (OFFERS, {"care_modes": ["01"]}, False),
        (OFFERS, {"fields": ["02"]}, False),
        (OFFERS, {"age_low_most": 216, "age_high_least": 1800}, True),
        (OFFERS, {"age_low_most": 215}, False),
        (OFFERS, {"age_low_least": 216}, True),
        (OFFERS, {"age_high_most": 1799}, False),
        (OFFERS, {"commune_codes": ["94028"], "postal_code": "94000"}, True),
        (OFFERS, {"intervention_communes": ["94041"]}, False),
        (OFFERS, {"near_commune_code": "94028", "within_metres": 1000}, True),
        (OFFERS, {"near_commune_code": "95500", "within_metres": 1000}, False),
        (PROFESSIONALS, {"rpps": ["10003456785"]}, True),
        (PROFESSIONALS, {"rpps": ["10003456793"]}, False),
        (PROFESSIONALS, {"name": "le anne"}, True),
        (PROFESSIONALS, {"family_name": "Le Go", "given_name": "anne"}, True),
        (PROFESSIONALS, {"family_name": "Anne"}, False),
        (PROFESSIONALS, {"given_name": "go"}, False),
        (PROFESSIONALS, {"professions": ["60"]}, False),
        (PLACES, {"territory_codes": ["94-ouest"]}, True),
        (PLACES, {"territory_codes": ["95-sud"]}, False),
    ],
)  # fmt: skip
async def test_what_is_asked_is_what_is_found(
    kind: Any, asked: dict[str, Any], found: bool, tree: Tree, extract: Extract, centres: None
) -> None:
    await tree.desk.administrator("94-ouest")
    _, site, _ = await hospital(tree)
    await tree.desk.professional(site.structure_id, family_name="Le Goff", rpps="10003456785")

    told = await extract(kind, with_total=True, **asked)

    assert (told.matched > 0, told.total > 0) == (found, found)


@pytest.mark.parametrize(
    ("either", "found"),
    [
        ([{"types": ["99"]}, {"activities": ["099"]}], 1),
        ([{"types": ["99"]}, {"activities": ["098"]}], 0),
        ([{"types": ["27"], "care_modes": ["01"]}, {"postal_code": "95"}], 0),
        ([{"types": ["27"], "fields": ["01"]}, {"postal_code": "95"}], 1),
    ],
)
async def test_one_of_the_alternatives_must_fit_too(
    either: list[dict[str, Any]], found: int, tree: Tree, extract: Extract
) -> None:
    await tree.desk.administrator("94-ouest")
    _, site, _ = await hospital(tree)
    await tree.desk.professional(site.structure_id)
    filters = [pb.ExtractFilter(**one) for one in either]

    assert (await extract(OFFERS, either=filters, with_total=True)).total == found
    assert (await extract(OFFERS, either=filters)).matched == found
    assert (await extract(OFFERS, either=filters, name="autre", with_total=True)).total == 0
    for name, many in (("x", 0), ("lemaire", 1)):
        assert (await extract(PROFESSIONALS, either=[pb.ExtractFilter(name=name)])).matched == many


@pytest.mark.parametrize("commune", ["égligny sur coe", "EGLIGNY-SUR-CŒUR", "Égligny"])
async def test_a_commune_is_found_whatever_its_accents_hyphens_and_ligatures(
    commune: str, tree: Tree, extract: Extract
) -> None:
    await tree.desk.administrator("94-ouest")
    await tree.enrol(commune="Égligny-sur-Cœur")

    assert (await extract(STRUCTURES, commune=commune)).matched == 1
    assert (await extract(STRUCTURES, commune="egligny sur cour")).matched == 0


@pytest.mark.parametrize("given_name", ["elodie", "Élodie", "ELODIE-A"])
async def test_a_given_name_is_found_whatever_its_accents_and_hyphens(
    given_name: str, tree: Tree, extract: Extract
) -> None:
    await tree.desk.administrator("94-ouest")
    _, site, _ = await hospital(tree)
    await tree.desk.professional(site.structure_id, given_name="Élodie-Anne")

    assert (await extract(PROFESSIONALS, given_name=given_name)).matched == 1


async def test_what_was_changed_since_then_is_told_and_nothing_else(tree: Tree, extract: Extract) -> None:
    await tree.desk.administrator("94-ouest")
    entity, site, _ = await hospital(tree)
    began = tree.clock.at
    changed = tree.later(hours=1)
    await tree.change(site, name="Hôpital du Grand Port")

    told = await extract(STRUCTURES, changed_from=stamp(changed))
    before = await extract(STRUCTURES, changed_before=stamp(changed), with_total=True)

    (one,) = told.structures
    assert one.sheet.content.name == "Hôpital du Grand Port"
    assert (one.dates.changed_at, one.dates.known_since) == (stamp(changed), stamp(began))
    assert ([each.sheet.structure_id for each in before.structures], before.total) == ([entity.structure_id], 1)


async def test_a_place_changes_when_it_ends(tree: Tree, extract: Extract, clock: Clock) -> None:
    await tree.desk.administrator("94-ouest")
    _, site, _ = await hospital(tree)
    await tree.desk.professional(site.structure_id)
    closed = tree.day(2)
    await tree.close(site, start=closed)

    assert [one.active for one in (await extract(PLACES)).places] == [True]
    clock.at = tree.day(3)
    assert (await extract(PLACES)).matched == 0
    (ended,) = (await extract(PLACES, only_closed=True, changed_from=stamp(closed))).places
    assert (ended.active, ended.dates.changed_at, ended.until) == (False, stamp(closed), stamp(closed))


async def test_what_is_closed_comes_only_if_asked_for(tree: Tree, extract: Extract) -> None:
    await tree.desk.administrator("94-ouest")
    _, site, _ = await hospital(tree)
    tree.later()
    await tree.close(site)

    assert names(await extract(STRUCTURES)) == ["Groupe du Port"]
    assert names(await extract(OFFERS)) == []
    assert names(await extract(STRUCTURES, only_closed=True)) == ["Hôpital du Port"]
    when = stamp(tree.clock.at)
    for kind, name in ((STRUCTURES, "Hôpital du Port"), (OFFERS, "Consultation mémoire")):
        assert names(await extract(kind, only_closed=True, closing_kinds=["PRO", "DEF"], closed_from=when)) == [name]
        assert names(await extract(kind, only_closed=True, closing_kinds=["PRO"])) == []
        assert names(await extract(kind, only_closed=True, closed_before=when)) == []
        assert (await extract(kind, only_closed=True, closing_kinds=["DEF"], with_total=True)).total == 1
    assert len(names(await extract(STRUCTURES, with_closed=True))) == 2
    closed = await extract(OFFERS, [pb.ALONG_STRUCTURES], with_closed=True)
    assert names(closed) == ["Hôpital du Port", "Consultation mémoire"]
    assert closed.offers[0].sheet.closed
    along = await extract(STRUCTURES, [pb.ALONG_OFFERS], with_closed=True)
    assert (len(along.structures), len(along.offers)) == (2, 0)


@pytest.mark.parametrize(
    ("kind", "asked", "why"),
    [
        (pb.EXTRACTED_UNSPECIFIED, {}, "EXTRACT_INVALID"),
        (99, {}, "EXTRACT_INVALID"),
        (STRUCTURES, {"rpps": ["10003456785"]}, "EXTRACT_INVALID"),
        (PROFESSIONALS, {"with_closed": True}, "EXTRACT_INVALID"),
        (OFFERS, {"finess": ["940000014"]}, "EXTRACT_INVALID"),
        (PLACES, {"name": "port"}, "EXTRACT_INVALID"),
        (OFFERS, {"along": [pb.ALONG_OFFERS]}, "EXTRACT_INVALID"),
        (OFFERS, {"closing_kinds": ["DEF"], "with_closed": True}, "EXTRACT_INVALID"),
        (PLACES, {"closing_kinds": ["DEF"], "only_closed": True}, "EXTRACT_INVALID"),
        (OFFERS, {"along": [99]}, "EXTRACT_INVALID"),
        (STRUCTURES, {"levels": [0]}, "EXTRACT_INVALID"),
        (OFFERS, {"age_low_least": 1801}, "EXTRACT_INVALID"),
        (OFFERS, {"types": ["1"] * 201}, "EXTRACT_INVALID"),
        (OFFERS, {"types": ["1" * 101]}, "EXTRACT_INVALID"),
        (OFFERS, {"near_commune_code": "00000"}, "EXTRACT_INVALID"),
        (OFFERS, {"within_metres": 10}, "EXTRACT_INVALID"),
        (OFFERS, {"near": ror.Position(latitude=91.0)}, "EXTRACT_INVALID"),
        (OFFERS, {"name": "…"}, "SEARCH_INVALID"),
        (OFFERS, {"name": "x" * 201}, "SEARCH_INVALID"),
        (OFFERS, {"limit": 201}, "SEARCH_INVALID"),
        (OFFERS, {"cursor": "1 or 1=1"}, "CURSOR_INVALID"),
        (OFFERS, {"ids": ["12"]}, "ID_INVALID"),
        (OFFERS, {"either": [pb.ExtractFilter(name="x")] * 17}, "EXTRACT_INVALID"),
        (OFFERS, {"either": [pb.ExtractFilter(rpps=["1"])]}, "EXTRACT_INVALID"),
        (OFFERS, {"ids": [str(uuid4())] * 201}, "TOO_MANY_IDS"),
        (OFFERS, {"changed_from": {"seconds": -9_000_000_000}}, "MOMENT_INVALID"),
    ],
)  # fmt: skip
async def test_what_cannot_be_asked_is_refused(
    kind: Any, asked: dict[str, Any], why: str, tree: Tree, extract: Extract
) -> None:
    await tree.desk.administrator("94-ouest")

    assert await reason(extract(kind, **asked)) == why
