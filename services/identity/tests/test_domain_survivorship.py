"""Which source a person is shown as: one, whole, always the same one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from terresante_identity.domain.identity import PLATFORM_ISSUER, Person, PersonId
from terresante_identity.domain.ins import Environment, received_ins
from terresante_identity.domain.sources import Claim, Received, Source, SourceId, Version
from terresante_identity.domain.status import Flag, Standing, Status
from terresante_identity.domain.survivorship import best, number, outranks, shown, shown_as, view_of
from terresante_identity.domain.traits import Traits

from .fed import HOSPITAL, NIR, OID

WHO, SOMEBODY_ELSE = PersonId(UUID(int=1)), PersonId(UUID(int=2))
INS = received_ins(NIR, OID, Environment.TEST)
PROV, RECUP = Standing(), Standing(retrieved=True)
VALI, QUAL = Standing(checked=True), Standing(retrieved=True, checked=True)
DOUBTFUL, FICTITIOUS, HOMONYM = (
    Standing(flags=frozenset({flag})) for flag in (Flag.DOUBTFUL, Flag.FICTITIOUS, Flag.HOMONYM)
)


@pytest.fixture
def source(traits: Callable[..., Traits], monday: datetime) -> Callable[..., Source]:
    """A source of the person, named so that it can be told apart."""

    def make(
        id: int, standing: Standing = PROV, name: str = "Lefèvre", days: int = 0, own: bool = False, of: PersonId = WHO
    ) -> Source:
        claim = Claim(Received(), traits(birth_name=name), standing, INS if standing.retrieved else None)
        version = Version(1, claim, monday + timedelta(days=days), monday, UUID(int=9))
        issuer, local_id = (PLATFORM_ISSUER, str(of)) if own else (HOSPITAL, f"IPP{id}")
        return Source(SourceId(UUID(int=id)), issuer, local_id, WHO, None, "", UUID(int=9), monday, version)

    return make


Make = Callable[..., Source]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"standing": QUAL}, {"standing": VALI, "own": True, "days": 9}),
        ({"standing": VALI}, {"standing": RECUP, "own": True, "days": 9}),
        ({"standing": RECUP}, {"standing": PROV, "own": True, "days": 9}),
        ({"standing": PROV}, {"standing": DOUBTFUL, "days": 9}),
        ({"standing": PROV}, {"standing": FICTITIOUS, "days": 9}),
        ({"standing": PROV, "own": True}, {"standing": PROV, "days": 9}),
        ({"standing": PROV, "days": 1}, {"standing": PROV, "days": 0}),
        ({"standing": PROV, "days": 1}, {"standing": PROV, "own": True, "of": SOMEBODY_ELSE}),
    ],
)
def test_the_better_of_two_is_shown_in_whatever_order_they_come(
    source: Make, better: dict[str, Any], worse: dict[str, Any]
) -> None:
    for ids in ((1, 2), (2, 1)):
        good, bad = source(ids[0], name="Morel", **better), source(ids[1], **worse)
        for order in permutations([good, bad]):
            assert best(order) is good
            assert shown(order).traits.birth_name.typed == "Morel"


def test_of_two_alike_the_older_id_is_shown(source: Make) -> None:
    assert best([source(2), source(1), source(3)]).id == SourceId(UUID(int=1))


def test_traits_standing_and_number_are_one_sources(source: Make) -> None:
    view = shown([source(1, PROV, own=True), source(2, QUAL, name="Morel")])

    assert (view.traits.birth_name.typed, view.standing, view.ins) == ("Morel", QUAL, INS)


def test_a_number_that_another_person_holds_counts_for_nothing(source: Make) -> None:
    claims, plain = source(1, QUAL, name="Morel"), source(2, PROV, days=1)
    view = shown([claims, plain], held={number(INS)})

    assert (view.traits.birth_name.typed, view.standing, view.ins) == ("Lefèvre", PROV, None)
    assert shown([claims], held={number(INS)}).standing.status is Status.PROVISIONAL


def test_a_homonym_is_one_if_any_source_says_so(source: Make) -> None:
    view = shown([source(1, QUAL), source(2, HOMONYM)])

    assert view.standing == replace(QUAL, flags=frozenset({Flag.HOMONYM}))


@pytest.mark.parametrize("standing", [DOUBTFUL, FICTITIOUS])
def test_what_the_platform_doubts_is_provisional_whatever_others_say(source: Make, standing: Standing) -> None:
    view = shown([source(1, QUAL, name="Morel"), source(2, standing, own=True)])

    assert (view.standing, view.ins) == (standing, None)
    assert view.traits.birth_name.typed == "Morel"


def test_what_an_issuer_doubts_is_doubted_only_while_there_is_no_other(source: Make) -> None:
    assert shown([source(1, DOUBTFUL)]).standing == DOUBTFUL
    assert shown([source(1, DOUBTFUL), source(2, VALI)]).standing == VALI


def test_a_fictitious_identity_has_no_other_attribute(source: Make) -> None:
    assert shown([source(1, FICTITIOUS, own=True), source(2, HOMONYM)]).standing == FICTITIOUS


def test_the_version_grows_only_with_what_is_shown(person: Callable[..., Person]) -> None:
    louise = person()
    changed = replace(view_of(louise), standing=VALI)

    assert shown_as(louise, view_of(louise)) is louise
    assert shown_as(louise, changed).version == louise.version + 1
    absorbed = shown_as(louise, view_of(louise), SOMEBODY_ELSE)
    assert (absorbed.version, absorbed.merged_into) == (louise.version + 1, SOMEBODY_ELSE)


def test_statuses_are_ranked_qualified_validated_retrieved_provisional() -> None:
    ranked = [Status.QUALIFIED, Status.VALIDATED, Status.RETRIEVED, Status.PROVISIONAL]

    assert all(outranks(one, other) for place, one in enumerate(ranked) for other in ranked[place + 1 :])
    assert not any(outranks(one, one) for one in ranked)
