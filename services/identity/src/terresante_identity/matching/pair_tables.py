"""What every combination of levels says: joint levels, their weights, vetoes, once and for all.

The levels of the six traits and "one of the two is a woman" make 440,000 combinations. `joint`, `deciding` and
`scoring`, which work on arrays, are asked about all of them when the model is loaded; a look-up then reads one place.
"""

from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt
from terresante_identity.domain.evidence import Reason
from terresante_identity.matching.arrays import Bools, Floats, Levels
from terresante_identity.matching.compare import Comparison
from terresante_identity.matching.deciding import Veto, unlike, vetoes
from terresante_identity.matching.joint import joint_levels
from terresante_identity.matching.levels import ALL, JOINT, TRAITS
from terresante_identity.matching.scoring import contributions
from terresante_identity.matching.weights import Weights, relative_size

RADIX = (*[len(levels) for levels in TRAITS.values()], 2)
STEPS = tuple([prod(RADIX[place + 1 :]) for place in range(len(RADIX))])
"""Place of a combination: the sum of level x step over the traits of `levels.TRAITS`, then 1 for a woman."""
VETOES = tuple(Veto)
Barred = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Tables:
    """One value per combination of levels. Names compared crosswise (`swapped`) are no matter of levels: left out.

    `weight`: of its joint levels together; `levels`: which; `barred`: bits, one per veto of `VETOES`; `unlike`: see
    `deciding.unlike`. `added`: of each joint level, one value per level.
    """

    weight: Floats
    levels: dict[str, Levels]
    added: dict[str, Floats]
    barred: Barred
    unlike: Bools

    def reasons(self, place: int) -> tuple[Reason, ...]:
        """The joint levels of a combination that weigh something."""
        met = {trait: levels.item(place) for trait, levels in self.levels.items()}
        return tuple([
            Reason(trait, JOINT[trait](level).name, weight)
            for trait, level in met.items()
            if (weight := self.added[trait].item(level))
        ])  # fmt: skip


def tables(weights: Weights, people: int) -> Tables:
    """`people`: how many are registered. A tenth of a second of work, one level of names after the other: all at once
    takes a hundred megabytes for a moment, much of which the process keeps.
    """
    added = _by_level(weights, people)
    parts = [_with_names(first, added, people) for first in range(RADIX[0])]
    return Tables(
        weight=np.concatenate([part.weight for part in parts]),
        levels={name: np.concatenate([part.levels[name] for part in parts]) for name in added},
        added=added,
        barred=np.concatenate([part.barred for part in parts]),
        unlike=np.concatenate([part.unlike for part in parts]),
    )


def _by_level(weights: Weights, people: int) -> dict[str, Floats]:
    """What each level of each joint trait adds: how many are registered is all that it depends on besides."""
    levels = {trait: np.arange(len(of), dtype=np.int8) for trait, of in ALL.items()}
    nothing = {trait: np.zeros(len(of)) for trait, of in ALL.items()}
    size = relative_size(people)
    sized = {trait: np.full(len(JOINT[trait]), size) for trait in ("twins", "relatives")}
    told = contributions(Comparison(levels, nothing | sized, nothing, people), weights)
    return {trait: told[trait] for trait in JOINT if trait != "swapped"}


def _with_names(level: int, added: dict[str, Floats], people: int) -> Tables:
    """Of the combinations whose birth names have that level."""
    rest = np.indices(RADIX[1:], dtype=np.int8).reshape(len(RADIX) - 1, -1)
    each = [np.full(rest.shape[1], level, dtype=np.int8), *rest]
    traits: dict[str, Levels] = dict(zip(TRAITS, each, strict=False))
    joint = joint_levels(traits, each[-1].astype(bool))
    plain = {"swapped": np.zeros(rest.shape[1], dtype=np.int8)}
    found = Comparison(traits | joint | plain, {}, {}, people)
    raised = vetoes(found)
    barred = np.zeros(rest.shape[1], dtype=np.int16)
    for bit, veto in enumerate(VETOES):
        if veto in raised:
            barred |= np.where(raised[veto], 1 << bit, 0).astype(np.int16)
    return Tables(
        weight=np.sum([added[name][levels] for name, levels in joint.items()], axis=0),
        levels=joint,
        added=added,
        barred=barred,
        unlike=unlike(found),
    )
