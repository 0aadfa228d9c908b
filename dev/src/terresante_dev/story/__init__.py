"""The story: one patient, four professionals, two administrators, fourteen steps, told through the public doors only.

`make story` plays it on a running stack, `tests/flows` step by step. It makes its own people, so it can be played
again and again.
"""

from terresante_dev.story.stage import NotTrue, Stage
from terresante_dev.story.steps import STEPS, Step

__all__ = ["STEPS", "NotTrue", "Stage", "Step"]
