"""The fourteen steps, in order."""

from collections.abc import Callable
from dataclasses import dataclass

from terresante_dev.story import enrolling, proofs, rights, sharing
from terresante_dev.story.stage import Stage


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its number, a short name, and what plays it and gives back what was seen, in plain words."""

    number: int
    name: str
    play: Callable[[Stage], str]


STEPS = tuple(
    Step(number, name, play)
    for number, (name, play) in enumerate(
        (
            ("enrolment", enrolling.enrol),
            ("logins", enrolling.log_in),
            ("identity", enrolling.identify),
            ("consent", sharing.consent),
            ("the patient's account", sharing.activate),
            ("publishing", sharing.publish),
            ("sharing", sharing.share),
            ("hiding", sharing.hide),
            ("the journal", rights.read_journal),
            ("removing and blocking", rights.remove_and_block),
            ("emergency", rights.emergency),
            ("withdrawal", rights.withdraw),
            ("proof", proofs.prove_journal),
            ("traces", proofs.follow_trace),
        ),
        1,
    )
)
