"""Names, birth dates and places for clans: who inherits a surname, what parents of a decade call a child, where a
mother gave birth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from terresante_dev.region.families import NOBODY, SAME_ORIGIN_PARTNER, TODAY, Clans, Generator
from terresante_dev.region.vocabulary import DECADES, FIRST_DECADE, FRANCE, Ints, Texts, Vocabulary, Weighted

# Chances, as in families.py.
BORN_ABROAD = (0.93, 0.62, 0.12)  # of a family of foreign origin, by generation
BORN_IN_REGION = (0.42, 0.66, 0.83)  # of those born in France, by generation
REPATRIATED = 0.035  # of the French born before 1962: born in Algeria
DOUBLE_NAME_SINCE_2005, MOTHERS_NAME_SINCE_2005 = 0.12, 0.07
DOUBLE_HYPHEN_UNTIL = 2011  # registrars first joined both parents' names so
LINEAGE_DOUBLE, LINEAGE_PARTICLE = 0.012, 0.006
TWO_SURNAMES = {"spain": 0.55, "portugal": 0.5}
PARTICLES = np.array(["DE ", "D'", "DU ", "DES ", "DE LA "], dtype=object)
NAMED_AS_PARENT = 0.012  # the very first name of the parent of the same sex; four times that before 1940
TWINS_NAMED_ALIKE = 0.3
POOL_NAME_IN_FRANCE = 0.55
MERGED_SINCE = 1968
KNOWN_OF_WORKING_AGE = 0.7  # times the following: the age pyramid of the region
KNOWN = (0.5, 0.7, 0.97)  # of the living: in the region and in its registry, by generation


@dataclass
class Named:
    """One row a person, in step with the rows of Clans."""

    surname: Texts
    given: Ints  # shape (persons, 3): ids of given names, NOBODY where there is none
    birth: NDArray[np.datetime64]
    place: Ints
    origin: Ints


def named(rng: Generator, words: Vocabulary, clans: Clans) -> Named:
    """Gives every row of the clans a name, a date and a place."""
    origin = origins(rng, words, clans)
    abroad = _abroad(rng, words, clans, origin)
    place = _places(rng, words, clans, origin, abroad)
    birth = _births(rng, words, clans, origin, abroad)
    return Named(_surnames(rng, words, clans, origin), _given(rng, words, clans, origin, abroad), birth, place, origin)


def origins(rng: Generator, words: Vocabulary, clans: Clans) -> Ints:
    """The origin of each person: that of the clan, or another for some who married in."""
    shares = Weighted.of(np.arange(len(words.origins)), [one.share for one in words.origins])
    own = shares.draw(rng, int(clans.clan.max()) + 1)[clans.clan]
    elsewhere = clans.married_in & (rng.random(len(clans)) > SAME_ORIGIN_PARTNER)
    return np.where(elsewhere, shares.draw(rng, len(clans)), own)


def _abroad(rng: Generator, words: Vocabulary, clans: Clans, origin: Ints) -> NDArray[np.bool_]:
    foreign = np.array([bool(one.cog) for one in words.origins])[origin]
    return foreign & (rng.random(len(clans)) < np.array(BORN_ABROAD)[clans.generation])


def _places(rng: Generator, words: Vocabulary, clans: Clans, origin: Ints, abroad: NDArray[np.bool_]) -> Ints:
    count = len(clans)
    here = rng.random(count) < np.array(BORN_IN_REGION)[clans.generation]
    place = np.where(here, words.region_births.draw(rng, count), words.other_births.draw(rng, count))
    codes = {text: number for number, text in enumerate(words.places)}
    antilles = np.array([one.name == "antilles" for one in words.origins])[origin]
    overseas = antilles & (rng.random(count) < np.array(BORN_ABROAD)[clans.generation])
    place = np.where(overseas, words.overseas_births.draw(rng, count), place)
    country = np.array([codes.get(one.cog, NOBODY) for one in words.origins])[origin]
    place = np.where(abroad, country, place)
    french = np.array([one.name == FRANCE for one in words.origins])[origin]
    repatriated = french & (clans.year < 1962) & (rng.random(count) < REPATRIATED)
    place = np.where(repatriated, codes["99352"], place)
    _siblings_together(rng, clans, place)
    former = words.former_place[place]
    return np.where((former >= 0) & (clans.year < MERGED_SINCE), former, place)


def _siblings_together(rng: Generator, clans: Clans, place: Ints) -> None:
    """Most children are born where the one before them was; twins always."""
    after = np.flatnonzero((clans.mother[1:] == clans.mother[:-1]) & (clans.mother[1:] >= 0)) + 1
    together = (rng.random(len(after)) < 0.6) | (clans.twin[after] >= 0)
    for row in after[together]:
        place[row] = place[row - 1]


def _births(
    rng: Generator, words: Vocabulary, clans: Clans, origin: Ints, abroad: NDArray[np.bool_]
) -> NDArray[np.datetime64]:
    often = np.array([one.first_january for one in words.origins])[origin] * np.where(clans.year < 1975, 1.6, 0.6)
    day = np.where(abroad & (rng.random(len(clans)) < often) & (clans.twin < 0), 0, clans.day)
    years = (clans.year - 1970).astype("datetime64[Y]")
    births: NDArray[np.datetime64] = years.astype("datetime64[D]") + day.astype("timedelta64[D]")
    return births


def _surnames(rng: Generator, words: Vocabulary, clans: Clans, origin: Ints) -> Texts:
    """Founders and those who marry in bring a name; children take the father's, else the mother's, or both."""
    name = np.empty(len(clans), dtype=object)
    brought = np.flatnonzero(clans.mother == NOBODY)
    name[brought] = lineage_names(rng, words, origin[brought], clans.year[brought])
    # Row order has parents first, one generation at a time.
    for generation in (1, 2):
        born = np.flatnonzero((clans.mother >= 0) & (clans.generation == generation))
        mothers, fathers = clans.mother[born], clans.father[born]
        fathers = np.where(fathers < 0, mothers, fathers)
        eldest = clans.year[clans_first(clans, born)]
        recent = eldest >= 2005
        # One draw a family: siblings bear the same name.
        luck = rng.random(len(clans))[mothers]
        both = recent & (luck < DOUBLE_NAME_SINCE_2005) & (fathers != mothers)
        hers = recent & (luck > 1 - MOTHERS_NAME_SINCE_2005)
        taken = np.where(hers, name[mothers], name[fathers])
        last = np.array([one.rsplit(" ", 1)[-1].rsplit("-", 1)[-1] for one in name[mothers[both]]], dtype=object)
        taken[both] = (
            name[fathers[both]] + np.where(eldest[both] < DOUBLE_HYPHEN_UNTIL, "--", " ").astype(object) + last
        )
        name[born] = taken
    return name


def clans_first(clans: Clans, born: Ints) -> Ints:
    """For each child the row of the eldest child of the same mother (children of a mother are neighbours)."""
    starts = np.concatenate([[True], clans.mother[born][1:] != clans.mother[born][:-1]])
    eldest: Ints = born[np.maximum.accumulate(np.where(starts, np.arange(len(born)), 0))]
    return eldest


def lineage_names(rng: Generator, words: Vocabulary, origin: Ints, year: Ints) -> Texts:
    """Surnames that come from outside the clan, by origin, with the double names and particles of a few lineages."""
    count = len(origin)
    old = rng.random(count) < np.clip((1975 - year) / 60, 0, 1)
    drawn = np.where(old, words.old_surnames.draw(rng, count), words.young_surnames.draw(rng, count))
    second = words.old_surnames.draw(rng, count)
    two = rng.random(count) < LINEAGE_DOUBLE
    joint = np.where(two, "-", "").astype(object)
    for number, one in enumerate(words.origins):
        rows = np.flatnonzero(origin == number)
        if one.pool == FRANCE or not len(rows):
            continue
        pool = words.pool_surnames[one.pool]
        drawn[rows], second[rows] = pool.draw(rng, len(rows)), pool.draw(rng, len(rows))
        two[rows] = rng.random(len(rows)) < TWO_SURNAMES.get(one.pool, 0.0)
        joint[rows] = np.where(two[rows], " ", "")
    tail = np.where(two, words.surnames[second], "").astype(object)
    names: Texts = words.surnames[drawn] + joint + tail
    french = np.array([one.pool == FRANCE for one in words.origins])[origin]
    noble = np.flatnonzero(french & ~two & (rng.random(count) < LINEAGE_PARTICLE))
    particle = PARTICLES[rng.integers(0, len(PARTICLES), len(noble))]
    for row, before in zip(noble, particle, strict=True):
        vowel = names[row][0] in "AEIOUH"
        names[row] = ("D'" if vowel else "DE " if before == "D'" else before) + names[row]
    return names


def given_names(
    rng: Generator, words: Vocabulary, origin: Ints, sex: Ints, year: Ints, abroad: NDArray[np.bool_]
) -> Ints:
    """One given name each: of the origin's pool for those born there and some born here, else of the decade."""
    count = len(sex)
    decade = np.clip((year - FIRST_DECADE) // 10, 0, DECADES - 1)
    drawn = np.full(count, NOBODY)
    pooled = abroad | (rng.random(count) < POOL_NAME_IN_FRANCE)
    for number, one in enumerate(words.origins):
        for gender in (0, 1):
            if one.pool != FRANCE:
                rows = np.flatnonzero(pooled & (origin == number) & (sex == gender))
                drawn[rows] = words.pool_given[one.pool, gender].draw(rng, len(rows))
    for gender in (0, 1):
        for ten in range(DECADES):
            rows = np.flatnonzero((drawn < 0) & (decade == ten) & (sex == gender))
            drawn[rows] = words.french_given[gender, ten].draw(rng, len(rows))
    return drawn


def _given(rng: Generator, words: Vocabulary, clans: Clans, origin: Ints, abroad: NDArray[np.bool_]) -> Ints:
    count = len(clans)
    given = np.empty((count, 3), dtype=np.int64)
    for column in range(3):
        given[:, column] = given_names(rng, words, origin, clans.sex, clans.year - 15 * column, abroad)
    _named_as_parent(rng, clans, given)
    _twins_alike(rng, words, clans, given)
    _siblings_apart(rng, words, clans, origin, abroad, given)
    french = np.array([one.pool == FRANCE for one in words.origins])[origin]
    luck = rng.random(count)
    given[luck < np.where(french, 0.62, 0.94), 2] = NOBODY
    given[luck < np.where(french, 0.27, 0.72), 1] = NOBODY
    spelt = np.append(words.given_spelling, NOBODY)  # a missing name is the last one
    for column in (1, 2):
        repeated = (spelt[given[:, :column]] == spelt[given[:, column : column + 1]]).any(axis=1)
        given[repeated, column:] = NOBODY
    return given


def _named_as_parent(rng: Generator, clans: Clans, given: Ints) -> None:
    for generation in (1, 2):
        born = np.flatnonzero((clans.mother >= 0) & (clans.generation == generation))
        parent = np.where(clans.sex[born] == 0, clans.mother[born], clans.father[born])
        chance = NAMED_AS_PARENT * np.where(clans.year[born] < 1940, 4, 1)
        luck = rng.random(len(born))
        same = (parent >= 0) & (luck < chance) & (clans.twin[born] < 0)
        given[born[same], 0] = given[parent[same], 0]
        second = (parent >= 0) & (luck > 0.88)
        given[born[second], 1] = given[parent[second], 0]


def _twins_alike(rng: Generator, words: Vocabulary, clans: Clans, given: Ints) -> None:
    """Some twins get neighbouring names of the alphabet: Marie and Marion, Julien and Julie."""
    twins = np.flatnonzero((clans.twin >= 0) & (rng.random(len(clans)) < TWINS_NAMED_ALIKE))
    given[twins, 0] = alike(rng, words, given[clans.twin[twins], 0], clans.sex[twins], clans.year[twins])


def alike(rng: Generator, words: Vocabulary, name: Ints, sex: Ints, year: Ints) -> Ints:
    """For each name another one of the sex and decade that stands near it in the alphabet."""
    found = name.copy()
    for gender in (0, 1):
        for ten in range(DECADES):
            rows = np.flatnonzero((sex == gender) & (np.clip((year - FIRST_DECADE) // 10, 0, DECADES - 1) == ten))
            if not len(rows):
                continue
            frequent = words.french_given[gender, ten].draw(rng, 2_000)
            near = np.unique(frequent)
            near = near[np.argsort(words.given_registered[near].astype(str))]
            spelt = words.given_registered[near].astype(str)
            at = np.searchsorted(spelt, words.given_registered[name[rows]].astype(str))
            beside = np.clip(at + rng.integers(-1, 2, len(rows)), 0, len(near) - 1)
            for _ in range(4):
                itself = words.given_sound[near[beside]] == words.given_sound[name[rows]]
                beside = np.where(itself, (beside + 1) % len(near), beside)
            found[rows] = near[beside]
    return found


def _siblings_apart(
    rng: Generator, words: Vocabulary, clans: Clans, origin: Ints, abroad: NDArray[np.bool_], given: Ints
) -> None:
    """No two children of a mother share their first given name."""
    born = np.flatnonzero(clans.mother >= 0)
    for _ in range(12):
        key = clans.mother[born] * len(words.given) + words.given_spelling[given[born, 0]]
        order = np.argsort(key, kind="stable")
        again = born[order[1:][key[order[1:]] == key[order[:-1]]]]
        if not len(again):
            return
        given[again, 0] = given_names(rng, words, origin[again], clans.sex[again], clans.year[again], abroad[again])


def alive(rng: Generator, clans: Clans) -> NDArray[np.bool_]:
    """Who is born, lives and is known in the region (some relatives never came, or moved away)."""
    age = TODAY - clans.year
    lives = rng.random(len(clans)) < 1 / (1 + np.exp((age - 86) / 5.5))
    working = (age >= 20) & (age < 60)
    known = rng.random(len(clans)) < np.array(KNOWN)[clans.generation] * np.where(working, KNOWN_OF_WORKING_AGE, 1)
    living: NDArray[np.bool_] = (age > 0) & lives & known
    return living
