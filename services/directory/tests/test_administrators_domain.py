"""Who may name, end or help whom: within the territories that are the caller's, and never oneself."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terresante_directory import reference
from terresante_directory.domain.administrators import (
    AdministratorOtherUnknown,
    AdministratorSelf,
    ended_territories,
    must_answer_for,
    name_administrator,
)
from terresante_directory.domain.identifiers import AdministratorId, TerritoryCode
from terresante_directory.domain.territories import Administrator, TerritoryNotYours, TerritoryUnknown

TERRITORIES = reference.territories()
CODES = sorted(TERRITORIES)[:4]
some = st.frozensets(st.sampled_from(CODES), min_size=1)


def administrator(codes: frozenset[TerritoryCode]) -> Administrator:
    return Administrator(AdministratorId(uuid4()), "Claire", "Durand", codes)


@given(own=some, asked=st.lists(st.sampled_from([*CODES, "atlantide"]), max_size=5))
def test_nobody_names_anybody_beyond_their_own_territories(own: frozenset[TerritoryCode], asked: list[str]) -> None:
    by = administrator(own)
    try:
        named = name_administrator(AdministratorId(uuid4()), ("Paul", "Roy"), asked, by, TERRITORIES)
    except TerritoryUnknown:
        assert not asked or "atlantide" in asked
    except TerritoryNotYours:
        assert not own >= set(asked)
    else:
        assert named.territories == frozenset(map(TerritoryCode, asked)) <= own


@given(own=some, theirs=some, asked=st.lists(st.sampled_from(CODES), max_size=4))
def test_nobody_ends_anything_outside_their_own_territories(
    own: frozenset[TerritoryCode], theirs: frozenset[TerritoryCode], asked: list[str]
) -> None:
    by, other = administrator(own), administrator(theirs)
    try:
        ended = ended_territories(other, asked, by)
    except TerritoryNotYours:
        assert not own >= set(asked)
    except AdministratorOtherUnknown:
        assert not theirs & (frozenset(map(TerritoryCode, asked)) or own)
    else:
        assert ended
        assert ended <= own & theirs
        assert not asked or ended <= set(asked)


@given(own=some, theirs=some)
def test_a_phone_is_replaced_only_by_who_administers_all_that_its_holder_does(
    own: frozenset[TerritoryCode], theirs: frozenset[TerritoryCode]
) -> None:
    by, other = administrator(own), administrator(theirs)
    if theirs <= own:
        must_answer_for(other, by)
    else:
        with pytest.raises(TerritoryNotYours):
            must_answer_for(other, by)


@given(own=some)
def test_nobody_ends_or_vouches_for_themselves(own: frozenset[TerritoryCode]) -> None:
    me = administrator(own)
    with pytest.raises(AdministratorSelf):
        ended_territories(me, [], me)
    with pytest.raises(AdministratorSelf):
        must_answer_for(me, me)
