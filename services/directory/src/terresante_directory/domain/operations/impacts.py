"""What an operation touches, as people are told before and after."""

from dataclasses import dataclass

from terresante_directory.domain.nodes import Node

MOST_EXAMPLES = 50


@dataclass(frozen=True, slots=True)
class Impacts:
    """`structures`: those that change. `offers`, `places`: those that change or are theirs when it starts.

    `professionals`: who has these places. `accounts`: of professionals whom another territory will answer for.
    `administrators`: who will no longer, or newly, administer something of it. `communes`, `population`: that another
    territory covers. `examples`: the first structures by name, as they will be.
    """

    structures: int
    offers: int
    places: int
    professionals: int
    accounts: int
    administrators: int
    communes: int
    population: int
    examples: tuple[Node, ...] = ()
