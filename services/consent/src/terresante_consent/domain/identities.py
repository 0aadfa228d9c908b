"""Acts on identities, and publishing: from where the caller does them, which is the scope of their answer (contract:
`Scope`)."""

from dataclasses import dataclass, replace

from terresante_consent.domain.decision import Decision, Scope
from terresante_consent.domain.professionals import Feeder, Mandate, Place
from terresante_consent.domain.vocabulary import Action, StructureId

BY_PLACE = frozenset({Action.CREATE_PERSON, Action.PUBLISH})
"""Scope: the structure of the place chosen, and its territory. Who publishes acts in its name."""
BY_MANDATE = frozenset({Action.MATCH_IDENTITY, Action.LIST_REVIEWS, Action.REVIEW_IDENTITY, Action.DECIDE_IDENTITY})
"""Scope: the identity officer's mandate."""
BY_FEEDER = frozenset({Action.FEED_IDENTITY, Action.MATCH_IDENTITY})
"""Scope: the feeder's structure, its territory and its issuers."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the caller stands among structures and territories. Who is nowhere has none."""

    place: Place | None = None
    mandate: Mandate | None = None
    feeder: Feeder | None = None
    practices: frozenset[StructureId] = frozenset()
    """Structures in which a professional practises now, whichever place they chose."""


def placed(made: Decision, action: Action, ground: Ground) -> Decision:
    """The decision with its scope, if it is a yes to one of these acts; else as it is."""
    scope = _scope(action, ground) if made.allowed else None
    return replace(made, scope=scope) if scope is not None else made


def _scope(action: Action, ground: Ground) -> Scope | None:
    place, mandate, feeder = ground.place, ground.mandate, ground.feeder
    if feeder is not None and action in BY_FEEDER:
        policy = feeder.policy if action is Action.FEED_IDENTITY else ""
        return Scope(
            structures=(feeder.structure,),
            territories=(feeder.territory,),
            issuers=feeder.issuers,
            feeding_policy=policy,
        )
    if mandate is not None and action in BY_MANDATE:
        return Scope(structures=mandate.structures, territories=mandate.territories)
    if place is not None and action in BY_PLACE:
        return Scope(structures=(place.structure,), territories=(place.territory,) if place.territory else ())
    return None
