"""What was said wrong of a professional is corrected for all times, their card with it."""

from typing import Any

import pytest
from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.database import Database

from .desk import CARD, Desk, Published, reason
from .in_memory import AccountsInMemory
from .tree import Tree


async def correct(tree: Tree, someone: Any, **changes: Any) -> pb.CorrectProfessionalResponse:
    wanted = {
        "professional_id": someone.professional_id,
        "version": someone.version,
        "rpps": someone.rpps,
        "family_name": someone.family_name,
        "given_name": someone.given_name,
        "profession": someone.profession,
    }
    return await tree.stub.CorrectProfessional(pb.CorrectProfessionalRequest(**wanted | changes))  # type: ignore[no-any-return]


async def test_a_correction_is_kept_announced_and_told_in_the_history(
    tree: Tree, desk: Desk, published: Published
) -> None:
    someone = await desk.someone(rpps="10002813839")
    tree.later()

    right = await correct(tree, someone, family_name="Le Maire", rpps="10003461033", why="Faute de frappe")

    assert (right.professional.family_name, right.professional.version) == ("Le Maire", 2)
    assert list(right.doubts) == ["RPPS_KEY"]
    assert await desk.read(someone.professional_id) == [right.professional]
    assert (await published())[-1] == "directory.v1.professional_changed"
    (found,) = (await desk.stub.SearchProfessionals(directory.SearchProfessionalsRequest(text="le mai"))).professionals
    assert found == right.professional
    subject = pb.Subject(kind="professional", id=someone.professional_id)
    act, _ = (await tree.stub.ListActs(pb.ListActsRequest(subject=subject))).acts
    assert (act.kind, act.why, list(act.territory_codes)) == ("corrected", "Faute de frappe", ["94-ouest"])
    assert {field.field: (field.before, field.after) for field in act.changes[0].fields} == {
        "family_name": ("Lemaire", "Le Maire"),
        "rpps": ("10002813839", "10003461033"),
    }


async def test_another_card_opens_the_account_once_keycloak_is_told(
    tree: Tree, desk: Desk, keycloak: AccountsInMemory, database: Database
) -> None:
    someone = await desk.someone(rpps="10002813839")
    opened = (await desk.open(someone.professional_id, CARD)).professional
    (before,) = [user.attributes["idNat"] for user in keycloak.users.values()]

    await correct(tree, opened, rpps="10003461033")
    assert await desk.settling.round() == 1

    (after,) = [user.attributes["idNat"] for user in keycloak.users.values()]
    assert (before, after) == ("810002813839", "810003461033")


async def test_a_number_by_which_alone_an_account_opens_is_not_taken_away(tree: Tree, desk: Desk) -> None:
    someone = await desk.someone(rpps="10002813839")
    opened = (await desk.open(someone.professional_id, CARD)).professional

    assert await reason(correct(tree, opened, rpps="")) == "ACCOUNT_MEANS_INVALID"
    assert (await desk.read(someone.professional_id))[0].rpps == "10002813839"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"version": 0}, "VERSION_REQUIRED"),
        ({"version": 5}, "VERSION_STALE"),
        ({}, "NOTHING_CHANGED"),
        ({"family_name": "12"}, "PROFESSIONAL_NAME_INVALID"),
        ({"rpps": "12"}, "RPPS_INVALID"),
        ({"rpps": "10002813839"}, "PROFESSIONAL_ALREADY"),
        ({"profession": "99"}, "PROFESSION_UNKNOWN"),
        ({"given_name": "Anna", "why": "x" * 501}, "WHY_INVALID"),
        ({"professional_id": "12"}, "ID_INVALID"),
        ({"professional_id": "00000000-0000-7000-8000-000000000000"}, "PROFESSIONAL_UNKNOWN"),
    ],
)
async def test_what_is_refused_of_a_correction_changes_nothing(
    tree: Tree, desk: Desk, changes: dict[str, Any], expected: str
) -> None:
    other = await desk.someone(rpps="10002813839")
    someone = await desk.professional(other.places[0].structure_id, family_name="Zola")

    assert await reason(correct(tree, someone, **changes)) == expected
    assert await desk.read(someone.professional_id) == [someone]


async def test_r_ror4_only_the_territory_that_answers_for_the_account_corrects(tree: Tree, desk: Desk) -> None:
    someone = await desk.someone()
    await desk.administrator("95-sud")

    assert await reason(correct(tree, someone, given_name="Anna")) == "TERRITORY_NOT_YOURS"
