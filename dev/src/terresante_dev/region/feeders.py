"""Those who send identities, each with habits and errors of its own (data/feeders.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from terresante_dev.region.damage import births, names
from terresante_dev.region.damage.dress import dressed
from terresante_dev.region.luck import luck as luck_of
from terresante_dev.region.typed import Typed

Error = Callable[[Typed, Random], bool]
ERRORS: dict[str, Error] = {
    error.__name__: error
    for error in (
        names.usage_name, names.married_added, names.particle, names.part_of_double, names.name_cut, names.name_edit,
        names.name_heard, names.name_scanned, names.swapped, names.given_edit, names.given_heard, names.given_scanned,
        names.given_cut, names.given_half, names.second_given, names.given_order, names.given_glued, names.nickname,
        births.day_month, births.digit, births.first_january, births.year_beside, births.month_end, births.day_unknown,
        births.date_missing, births.place_missing, births.place_unknown, births.place_postal, births.place_department,
        births.place_other_code, births.place_wrong, births.sex_wrong, births.sex_missing,
    )
}  # fmt: skip
# One error a group at most: what was swapped is not also cut, a date goes wrong in one way.
GROUPS = {
    "date": {"day_month", "digit", "first_january", "year_beside", "month_end", "day_unknown", "date_missing"},
    "place": {name for name in ERRORS if name.startswith("place_")},
    "sex": {"sex_wrong", "sex_missing"},
    "birth name": {"usage_name", "married_added", "particle", "part_of_double", "name_cut", "name_edit", "name_heard",
                   "name_scanned", "swapped"},
}  # fmt: skip
GROUP = {error: group for group, errors in GROUPS.items() for error in errors}
SWAY = 0.35  # of the logarithms of rates, from one set's seed to another's
CHOICES = 40


@dataclass(frozen=True)
class Feeder:
    """One kind of sender: cumulative choices for random.choices."""

    name: str
    share: float
    letters: dict[str, float]
    joints: dict[str, float]
    given_names: dict[str, float]
    errors: dict[str, float]


@cache
def feeders(seed: int) -> tuple[Feeder, ...]:
    """All feeders, their rates swayed by the seed: a set to test on has another mix of errors than one to fit on."""
    told = tomllib.loads((files("terresante_dev.region") / "data" / "feeders.toml").read_text(encoding="utf-8"))
    luck = luck_of("feeders", seed)
    return tuple(_feeder(name, one, told["errors"], luck) for name, one in told["feeders"].items())


def _feeder(name: str, told: dict[str, Any], everybody: dict[str, float], luck: Random) -> Feeder:
    own = told["errors"]
    if unknown := (own.keys() | everybody.keys()) - ERRORS.keys():
        raise ValueError(f"feeders.toml: no error is called {sorted(unknown)}")
    rates = {error: (everybody.get(error, 0) + own.get(error, 0)) * luck.lognormvariate(0, SWAY) for error in ERRORS}
    share = told["share"] * luck.lognormvariate(0, SWAY)
    return Feeder(name, share, told["letters"], told["joints"], told["given_names"], rates)


def chosen(seed: int, luck: Random) -> Feeder:
    """A feeder by its share."""
    every = feeders(seed)
    return luck.choices(every, [one.share for one in every])[0]


def mistype(who: Typed, feeder: Feeder, errors: int, luck: Random) -> None:
    """Makes `errors` errors of the feeder's, each of another group, noted in who.errors; fewer when nothing more fits.
    Habits come after, so that they dress what was typed.
    """
    given = _pick(feeder.given_names, luck)
    if given != "all" and errors == 0:
        who.given = who.given[: 1 if given == "first" else 2]
    left = dict(feeder.errors)
    for _ in range(CHOICES):
        if len(who.errors) >= errors or not left:
            break
        error = _pick(left, luck)
        if ERRORS[error](who, luck):
            who.errors.append(error)
            used = GROUPS.get(GROUP.get(error, ""), _GIVEN)
            left = {name: rate for name, rate in left.items() if name not in used}
        else:
            del left[error]
    if given != "all" and errors and not {"given_order"} & set(who.errors):
        who.given = who.given[: 1 if given == "first" else 2]
    _dress(who, feeder, luck)


_GIVEN = {error for error in ERRORS if error not in GROUP}


def _dress(who: Typed, feeder: Feeder, luck: Random) -> None:
    letters, joints = _pick(feeder.letters, luck), _pick(feeder.joints, luck)
    who.birth_name = dressed(who.birth_name, letters, joints, luck)
    who.given = [dressed(name, letters, joints, luck) for name in who.given]


def _pick(weights: dict[str, float], luck: Random) -> str:
    return luck.choices(list(weights), list(weights.values()))[0]
