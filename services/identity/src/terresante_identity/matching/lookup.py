"""One look-up: somebody asked for, compared with those registered one after the other.

The same as `compare`, `scoring` and `deciding` say of arrays of pairs, many times as fast for a few hundred of them:
what two texts have to say to each other is worked out once per look-up, and summing up is a few reads in tables.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple, Protocol

from terresante_identity.domain.evidence import Reason
from terresante_identity.matching import pair_levels
from terresante_identity.matching.frequencies import Frequencies, known_names
from terresante_identity.matching.levels import ALL, TRAITS, BirthName, FirstName, Swapped
from terresante_identity.matching.names import FirstForm
from terresante_identity.matching.pair_tables import STEPS, VETOES, tables
from terresante_identity.matching.people import WOMAN
from terresante_identity.matching.places import neighbours, place_form
from terresante_identity.matching.reach import CROSSED_NAMES, most, reach
from terresante_identity.matching.scoring import REGISTRY, RIVALS, start
from terresante_identity.matching.single import (
    REMEMBERED,
    Someone,
    date_of,
    first_of,
    name_of,
    place_key,
    sex_of,
)
from terresante_identity.matching.weights import GRAIN, Weights

NAME_STEP, FIRST_STEP, OTHERS_STEP, DATE_STEP, SEX_STEP, PLACE_STEP, WOMAN_STEP = STEPS
NAMED = {trait: [level.name for level in levels] for trait, levels in TRAITS.items()}
ALIKE_CROSSED = frozenset(CROSSED_NAMES)


class Model:
    """The weights, and how frequent names are in the region, laid out for one pair at a time.

    Nothing in it refers back to it: a model whose place another takes is gone at once, not when garbage is collected.
    """

    def __init__(self, weights: Weights, known: Frequencies, latest_year: int) -> None:
        self.weights = weights
        self.people = known.people
        self.latest_year = latest_year
        self.start = start(weights, known.people)
        self.tables = tables(weights, known.people)
        self.reach = reach(weights, self.tables)
        self.levels = {trait: weights.levels[trait].tolist() for trait in ALL}
        nothing = {trait: [0.0] * len(levels) for trait, levels in TRAITS.items()}
        self._registered = nothing | {trait: values.tolist() for trait, values in weights.rarity.items()}
        self._asked = nothing | {trait: values.tolist() for trait, values in weights.rarity_asked.items()}
        self.dates = self._plain("birth_date", DATE_STEP)
        self.sexes = self._plain("sex", SEX_STEP)
        self.others = self._plain("other_first_names", OTHERS_STEP)
        self.places = self.without_rarity("birth_place", PLACE_STEP, 0.0)
        self.reason = lru_cache(maxsize=REMEMBERED)(Reason)
        self.joint_reasons = lru_cache(maxsize=REMEMBERED)(self.tables.reasons)
        remembered, borne = lru_cache(maxsize=REMEMBERED), known_names()
        self.name_rarity = remembered(known.birth_names.rarity_of)
        self.first_rarity = remembered(known.first_names.rarity_of)
        self.place_rarity = remembered(known.places.rarity_of)
        self.name_asked = remembered(partial(_least_rare, self.name_rarity, borne["birth"].rarity_of))
        self.first_asked = remembered(partial(_least_rare, self.first_rarity, borne["first"].rarity_of))

    def added(self, trait: str, level: int, registered: float = 0.0, asked: float = 0.0) -> float:
        """What a trait adds to the score: `scoring.contributions` of one pair. Rarities in ln(people / bearers)."""
        weight: float = self.levels[trait][level]
        if scale := self._registered[trait][level]:
            weight += round(scale * registered / GRAIN) * GRAIN
        if scale := self._asked[trait][level]:
            weight += round(scale * asked / GRAIN) * GRAIN
        return weight

    def _plain(self, trait: str, step: int) -> list["Trait"]:
        return [Trait(level, self.added(trait, level), level * step) for level in range(len(self.levels[trait]))]

    def without_rarity(self, trait: str, step: int, asked: float) -> list["Trait | None"]:
        """Of each level what the trait says whoever is registered; None where it depends on how rare theirs is."""
        return [
            None if self._registered[trait][level] else Trait(level, self.added(trait, level, 0.0, asked), level * step)
            for level in range(len(self.levels[trait]))
        ]


def _least_rare(one: Callable[[int], float], other: Callable[[int], float], name: int) -> float:
    return min(one(name), other(name))


class Texts(Protocol):
    """Traits as received; missing: empty text. `people.RawTraits` is one."""

    @property
    def birth_name(self) -> str: ...
    @property
    def first_names(self) -> str: ...
    @property
    def birth_date(self) -> str: ...
    @property
    def sex(self) -> str: ...
    @property
    def birth_place(self) -> str: ...


class Trait(NamedTuple):
    """What one trait of a pair says. `step`: its part of the place in `pair_tables.Tables`."""

    level: int
    weight: float
    step: int


class Pair(NamedTuple):
    """Who is asked for and one who is registered. `score`: by itself, without rivals."""

    score: float
    place: int
    swapped: bool
    traits: tuple[Trait, ...]
    barred: int
    unlike: bool

    @property
    def vetoes(self) -> tuple[str, ...]:
        """Names of `deciding.Veto`."""
        return tuple([veto.value for bit, veto in enumerate(VETOES) if self.barred >> bit & 1])


class _Around(NamedTuple):
    """All but first names of a pair. `weight`: of date, sex, place, and how many are registered; `at`: their steps."""

    weight: float
    at: int
    name: Trait
    date: Trait
    sex: Trait
    place: Trait


class Lookup:
    """Somebody asked for."""

    def __init__(self, model: Model, asked: Someone) -> None:
        self._model = model
        self._asked = asked
        self._name_asked = model.name_asked(asked.name.whole)
        self._first_asked = model.first_asked(asked.first.unit)
        self._plain_names = model.without_rarity("birth_name", NAME_STEP, self._name_asked)
        self._plain_firsts = model.without_rarity("first_names", FIRST_STEP, self._first_asked)
        self._near = frozenset().union(*map(neighbours, asked.place.codes))
        self._mosts: dict[int, tuple[float, float]] = {}
        self._names: dict[str, Trait] = {}
        self._firsts: dict[str, tuple[Trait, Trait]] = {}
        self._dates: dict[str, Trait] = {}
        self._places: dict[str, Trait] = {}
        self._sexes: dict[str, tuple[Trait, int]] = {}
        self._swapped_weight: float = model.levels["swapped"][Swapped.YES]

    def pair(self, registered: Texts) -> Pair:
        """Compared with somebody registered."""
        return self._pair(registered, self._around(registered))

    def pair_of_at_least(self, least: float, registered: Texts) -> Pair | None:
        """The same, or None if that is not reached. Whoever cannot reach it is not compared to the end."""
        around = self._around(registered)
        if not self._may_reach(least, registered, around):
            return None
        pair = self._pair(registered, around)
        return pair if pair.score >= least else None

    def _may_reach(self, least: float, registered: Texts, around: "_Around") -> bool:
        """First by all but first names, then by how these begin."""
        at = around.at + around.name.step
        any, unlike = self._mosts.get(at) or self._most(at)
        needed = least - around.weight - around.name.weight
        if any >= needed and (
            unlike >= needed
            or registered.first_names in self._firsts
            or self._begin_alike(first_of(registered.first_names))
        ):
            return True
        if around.name.level <= BirthName.ONE_EDIT or around.weight + self._model.reach.crossed.item(around.at) < least:
            return False
        theirs = name_of(registered.birth_name), first_of(registered.first_names)
        return pair_levels.may_be_swapped(self._asked.name, self._asked.first, *theirs)

    def _most(self, at: int) -> tuple[float, float]:
        reach = self._model.reach
        found = self._mosts[at] = most(reach.any, at, self._first_asked), most(reach.unlike, at, self._first_asked)
        return found

    def _begin_alike(self, theirs: FirstForm) -> bool:
        """Whether first names may have one of the levels `reach.BEGIN_ALIKE`."""
        ours = self._asked.first
        if not ours.words or not theirs.words:
            return True
        return ours.words[0].hash == theirs.words[0].hash or ours.joined == theirs.joined

    def _around(self, registered: Texts) -> "_Around":
        name = self._names.get(registered.birth_name) or self._name(registered.birth_name)
        date = self._dates.get(registered.birth_date) or self._date(registered.birth_date)
        place = self._places.get(registered.birth_place) or self._place(registered.birth_place)
        sex, woman = self._sexes.get(registered.sex) or self._sex(registered.sex)
        weight = self._model.start + date.weight + sex.weight + place.weight
        return _Around(weight, date.step + sex.step + place.step + woman, name, date, sex, place)

    def _pair(self, registered: Texts, around: "_Around") -> Pair:
        tables, name = self._model.tables, around.name
        first, others = self._firsts.get(registered.first_names) or self._first(registered.first_names)
        swapped = False
        if name.level > BirthName.ONE_EDIT and first.level > FirstName.ONE_EDIT:
            turned = self._crosswise(registered)
            if turned is not None:
                name, first, others = turned
                swapped = True
        at = name.step + first.step + others.step + around.at
        score = around.weight + name.weight + first.weight + others.weight + tables.weight.item(at)
        if swapped:
            score += self._swapped_weight
        traits = (name, first, others, around.date, around.sex, around.place)
        return Pair(score, at, swapped, traits, tables.barred.item(at), tables.unlike.item(at))

    def reasons(self, pair: Pair, rivals: float = 0.0) -> tuple[Reason, ...]:
        """The explanation: weights sum to the score, `rivals` included, exactly. What weighs nothing is left out."""
        model = self._model
        told = [model.reason(REGISTRY, f"{model.people}", model.start)]
        for (trait, names), found in zip(NAMED.items(), pair.traits, strict=True):
            if found.weight:
                told.append(model.reason(trait, names[found.level], found.weight))
        if pair.swapped and self._swapped_weight:
            told.append(model.reason("swapped", Swapped.YES.name, self._swapped_weight))
        told += model.joint_reasons(pair.place)
        return (*told, Reason(RIVALS, "OTHERS", rivals)) if rivals else tuple(told)

    def _name(self, text: str) -> Trait:
        model, theirs = self._model, name_of(text)
        level = int(pair_levels.birth_name_level(self._asked.name, theirs))
        found = self._plain_names[level]
        if found is None:
            rarity = model.name_rarity(theirs.whole), self._name_asked
            found = Trait(level, model.added("birth_name", level, *rarity), level * NAME_STEP)
        self._names[text] = found
        return found

    def _first(self, text: str) -> tuple[Trait, Trait]:
        model, theirs = self._model, first_of(text)
        level, others = map(int, pair_levels.first_name_levels(self._asked.first, theirs))
        first = self._plain_firsts[level]
        if first is None:
            rarity = model.first_rarity(theirs.unit), self._first_asked
            first = Trait(level, model.added("first_names", level, *rarity), level * FIRST_STEP)
        found = self._firsts[text] = first, model.others[others]
        return found

    def _crosswise(self, registered: Texts) -> tuple[Trait, Trait, Trait] | None:
        """Our birth name read as first names and conversely, where that makes both alike (`compare._crosswise`)."""
        model, asked = self._model, self._asked
        their_name, their_first = name_of(registered.birth_name), first_of(registered.first_names)
        if not pair_levels.may_be_swapped(asked.name, asked.first, their_name, their_first):
            return None
        name, first = name_of(asked.raw.first_names), first_of(asked.raw.birth_name)
        level = int(pair_levels.birth_name_level(name, their_name))
        first_level, others = map(int, pair_levels.first_name_levels(first, their_first))
        if level not in ALIKE_CROSSED or not 1 <= first_level < FirstName.NEAR:
            return None
        rarity = model.name_rarity(their_name.whole), model.name_asked(name.whole)
        first_rarity = model.first_rarity(their_first.unit), model.first_asked(first.unit)
        return (
            Trait(level, model.added("birth_name", level, *rarity), level * NAME_STEP),
            Trait(first_level, model.added("first_names", first_level, *first_rarity), first_level * FIRST_STEP),
            model.others[others],
        )

    def _date(self, text: str) -> Trait:
        level = pair_levels.birth_date_level(self._asked.date, date_of(text, self._model.latest_year))
        found = self._dates[text] = self._model.dates[level]
        return found

    def _place(self, text: str) -> Trait:
        level = pair_levels.birth_place_level(self._asked.place, place_form(text), self._near)
        found = self._model.places[level]
        if found is None:
            weight = self._model.added("birth_place", level, self._model.place_rarity(place_key(text)))
            found = Trait(level, weight, level * PLACE_STEP)
        self._places[text] = found
        return found

    def _sex(self, text: str) -> tuple[Trait, int]:
        theirs = sex_of(text)
        level = pair_levels.sex_level(self._asked.sex, theirs)
        woman = WOMAN_STEP if WOMAN in (self._asked.sex, theirs) else 0
        found = self._sexes[text] = self._model.sexes[level], woman
        return found
