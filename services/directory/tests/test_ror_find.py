"""Finding as one types: by name, commune, FINESS, SIRET, RPPS, without accents and with a typing error."""

from typing import Any

import pytest
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_directory.domain.finding import Hit, Match, best, meant, number

from .desk import CallingAs, Desk, reason
from .offering import enrol
from .tree import Tree


async def found(tree: Tree, text: str, **asked: Any) -> list[tuple[str, str]]:
    reply = await tree.stub.Find(pb.FindRequest(text=text, **asked))
    return [(hit.kind, hit.label) for hit in reply.hits]


async def filled(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest", "95-sud")
    port = await tree.enrol(name="Hôpital du Port", finess="940110018", siret="73282932000074", commune="Créteil")
    await tree.enrol(name="Cabinet des Tilleuls", kind="cabinet", territory_code="95-sud")
    await enrol(tree, port.structure_id, name="Hôpital de jour")
    await desk.professional(port.structure_id, rpps="10002813839", family_name="Lefèbvre", given_name="Zoé")
    await desk.professional(port.structure_id, family_name="Hopital", given_name="Anne")


async def test_everything_is_found_by_beginnings_of_words(tree: Tree, desk: Desk, centres: None) -> None:
    await filled(tree, desk)

    assert await found(tree, "hop") == [
        ("structure", "Hôpital du Port"),
        ("offer", "Hôpital de jour"),
        ("professional", "Anne Hopital"),
    ]
    assert await found(tree, "port hop") == [("structure", "Hôpital du Port")]
    assert await found(tree, "zoe lefeb") == [("professional", "Zoé Lefèbvre")]
    assert await found(tree, "94 ouest") == [("territory", "94 Ouest")]
    assert ("commune", "Créteil") in await found(tree, "cret")
    assert ("structure", "Hôpital du Port") in await found(tree, "cret")
    assert await found(tree, "…") == []
    assert await found(tree, "") == []


async def test_numbers_are_found_from_their_beginning_on(tree: Tree, desk: Desk) -> None:
    await filled(tree, desk)

    assert await found(tree, "94 011 00") == [("structure", "Hôpital du Port")]
    assert await found(tree, "7328") == [("structure", "Hôpital du Port")]
    assert await found(tree, "1000 2813 839") == [("professional", "Zoé Lefèbvre")]
    assert await found(tree, "99999") == []


@pytest.mark.parametrize("typed", ["tileuls", "tilleulls", "tilleusl", "tillauls", "rilleuls", "cabinet tileuls"])
async def test_one_typing_error_is_borne(tree: Tree, desk: Desk, typed: str) -> None:
    await filled(tree, desk)

    assert await found(tree, typed) == [("structure", "Cabinet des Tilleuls")]


async def test_kinds_and_territory_narrow_what_is_found(tree: Tree, desk: Desk) -> None:
    await filled(tree, desk)

    assert await found(tree, "hop", kinds=["offer", "professional"]) == [
        ("offer", "Hôpital de jour"),
        ("professional", "Anne Hopital"),
    ]
    assert await found(tree, "hop", territory_code="95-sud") == []
    assert await found(tree, "cabinet", territory_code="95-sud") == [("structure", "Cabinet des Tilleuls")]
    assert await found(tree, "hop", limit=1) == [("structure", "Hôpital du Port")]


async def test_what_is_refused_of_a_find(tree: Tree, desk: Desk, calling_as: CallingAs) -> None:
    await desk.administrator("94-ouest")

    assert await reason(found(tree, "x" * 201)) == "SEARCH_INVALID"
    assert await reason(found(tree, "x", limit=51)) == "SEARCH_INVALID"
    assert await reason(found(tree, "x", kinds=["castle"])) == "SEARCH_INVALID"


async def test_a_hit_says_what_tells_it_from_others(tree: Tree, desk: Desk) -> None:
    await filled(tree, desk)
    replies = [await tree.stub.Find(pb.FindRequest(text=text)) for text in ("9401 1", "lefe")]

    hits = [hit for reply in replies for hit in reply.hits]
    assert [(hit.detail, hit.territory_code) for hit in hits] == [
        ("Créteil · 940110018", "94-ouest"),
        ("Médecin · 10002813839", ""),
    ]


def test_the_best_come_first_and_kinds_take_turns():
    def hit(kind: str, id: str, match: Match) -> Hit:
        return Hit(kind, id, "", "", "", match)

    hits = [
        hit("structure", "s1", Match.BEGINS),
        hit("structure", "s2", Match.BEGINS),
        hit("professional", "p1", Match.BEGINS),
        hit("professional", "p2", Match.INSIDE),
        hit("offer", "o1", Match.MISTYPED),
        hit("structure", "s0", Match.NUMBER),
    ]

    assert [one.id for one in best(hits, 5)] == ["s0", "s1", "p1", "s2", "p2"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("94 011", "94011"), ("2a0000", "2A0000"), ("123", ""), ("Paris 13", ""), ("1" * 15, "")],
)
def test_what_looks_like_the_beginning_of_a_number(text: str, expected: str):
    assert number(text) == expected


def test_short_words_are_not_taken_for_mistyped_ones():
    assert meant("rue", ["roue"]) == []
    assert meant("prot", ["port", "sorts", "protal", "ports"]) == ["port", "protal", "ports"]
