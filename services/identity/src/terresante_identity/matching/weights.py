"""The model: what each level weighs, in natural logarithms of odds. A versioned file, with the command that made it."""

import json
import math
from dataclasses import asdict, dataclass
from enum import IntEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from terresante_identity.matching.arrays import Floats
from terresante_identity.matching.levels import ALL

SHIPPED, FOREIGN = "weights-1.json", "weights-foreign-1.json"
# Weights are whole multiples of this, so that sums are exact whatever their order: the explanation adds up.
GRAIN = 1 / 1024
# The registry size at which `bias` holds as it is; chance resemblance grows with the number of people.
SIZE_AT = 60_000
# Below so many, fewer people do not make relatives and homonyms any rarer.
SMALLEST = 20_000


class WeightsUnreadable(ValueError):
    """The file is no model: says which part is missing or wrong."""


@dataclass(frozen=True, slots=True)
class Policy:
    """From which score a link is made, or shown to a human; `margin`: how far behind the second best must be.

    `auto_unlike`: from which score when the first names are not the same: what twins may look like.
    """

    auto: float
    auto_unlike: float
    review: float
    margin: float


@dataclass(frozen=True, slots=True)
class Weights:
    """One number per level: of each trait (`levels`), and of its rarity as registered (`rarity`) or as asked.

    `size`: what the logarithm of the number of people registered weighs.
    """

    version: str
    made: dict[str, Any]
    bias: float
    size: float
    levels: dict[str, Floats]
    rarity: dict[str, Floats]
    rarity_asked: dict[str, Floats]
    policies: dict[str, Policy]


@lru_cache(maxsize=2)
def shipped(french: bool = True) -> Weights:
    """The weights for French files, or those for other countries' (`places.are_french`)."""
    name = SHIPPED if french else FOREIGN
    return parsed_weights((files("terresante_identity.matching") / "data" / name).read_text(encoding="utf-8"))


def parsed_weights(text: str) -> Weights:
    """Raises WeightsUnreadable, naming the part."""
    try:
        read = json.loads(text)
        return Weights(
            version=str(read["version"]),
            made=dict(read["made"]),
            bias=float(read["bias"]),
            size=float(read["size"]),
            levels={trait: _numbers(read["levels"][trait], levels) for trait, levels in ALL.items()},
            rarity={trait: _numbers(given, ALL[trait]) for trait, given in read["rarity"].items()},
            rarity_asked={trait: _numbers(given, ALL[trait]) for trait, given in read["rarity_asked"].items()},
            policies={name: Policy(**given) for name, given in read["policies"].items()},
        )
    except json.JSONDecodeError as wrong:
        raise WeightsUnreadable(f"weights are not JSON: line {wrong.lineno}") from wrong
    except (KeyError, TypeError, ValueError) as wrong:
        raise WeightsUnreadable(f"weights: part missing or wrong: {wrong}") from wrong


def written(weights: Weights) -> str:
    """The file, readable line by line in a diff."""
    kept = {
        "version": weights.version,
        "made": weights.made,
        "bias": weights.bias,
        "size": weights.size,
        "levels": {trait: _named(weights.levels[trait], ALL[trait]) for trait in ALL},
        "rarity": {trait: _named(values, ALL[trait]) for trait, values in weights.rarity.items()},
        "rarity_asked": {trait: _named(values, ALL[trait]) for trait, values in weights.rarity_asked.items()},
        "policies": {name: asdict(policy) for name, policy in weights.policies.items()},
    }
    return json.dumps(kept, indent=1, ensure_ascii=False) + "\n"


def relative_size(people: int) -> float:
    """How much larger a registry is than the one at which `bias` holds, as a logarithm."""
    return math.log(max(people, SMALLEST) / SIZE_AT)


def grained(values: Floats) -> Floats:
    """To the nearest multiple of `GRAIN`."""
    return np.round(values / GRAIN) * GRAIN


def _numbers(given: dict[str, float], levels: type[IntEnum]) -> Floats:
    if unknown := set(given) - {level.name for level in levels}:
        raise ValueError(f"unknown levels {sorted(unknown)}")
    return grained(np.array([float(given.get(level.name, 0.0)) for level in levels]))


def _named(values: Floats, levels: type[IntEnum]) -> dict[str, float]:
    return {level.name: float(values[level]) for level in levels if values[level]}
