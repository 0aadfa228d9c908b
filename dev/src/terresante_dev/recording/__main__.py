"""Plays the story and the scenes on a running stack, and writes the examples of the API.

`make up STACK=examples && python -m terresante_dev.recording --stack examples`, then
`python -m terresante_gateway.openapi`. A fresh stack, so that lists hold nothing but what this telling made; its mail
comes here (before `make up`):

export TERRESANTE_MESSAGING_SMTP_HOST=127.0.0.1 TERRESANTE_MESSAGING_SMTP_PORT=2525
export TERRESANTE_MESSAGING_SMTP_SECURITY=none TERRESANTE_MESSAGING_MAIL_FROM=plateforme@exemple.fr
"""

import argparse
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from terresante_dev import personas, stack
from terresante_dev.enrolment import NotEnrolled
from terresante_dev.mailbox import Mailbox
from terresante_dev.recording.conversing import converse
from terresante_dev.recording.directory import in_time
from terresante_dev.recording.enrolling import come_and_go
from terresante_dev.recording.hearing import hear
from terresante_dev.recording.listening import Recorder
from terresante_dev.recording.scenes import everything, urgent
from terresante_dev.recording.vigilance import fed_and_decided
from terresante_dev.story import STEPS, NotTrue, Stage

EXAMPLES = Path(str(files("terresante_gateway"))) / "data" / "examples.json"
SEED = 20_260_302


def main() -> int:
    """Writes the file; 1 if an operation was not heard of."""
    parser = argparse.ArgumentParser(prog="python -m terresante_dev.recording", description=__doc__)
    parser.add_argument("--stack", default="main")
    parser.add_argument("--seed", type=int, default=SEED, help="same seed, same people")
    parser.add_argument("--mail", type=int, default=2525, help="port to which messaging sends mail")
    parser.add_argument("--into", type=Path, default=EXAMPLES)
    given = parser.parse_args()
    recorder = Recorder()
    try:
        stage = Stage(stack.read(given.stack), given.seed)
        patient, relative = personas.crowd(given.seed, professionals=0, patients=2).patients
        stage.cast = replace(stage.cast, patients=[replace(patient, key="patient")])
        for gateway in stage.gateways:
            recorder.listen(gateway.http)
        for step in STEPS:
            print(f"{step.number:>2} {step.name}: {step.play(stage)}", flush=True)
            if step.name == "hiding":
                urgent(stage)
        converse(stage)
        fed_and_decided(stage)
        with Mailbox(given.mail) as mailbox:
            hear(stage, mailbox)
        in_time(stage)
        come_and_go(stage)
        everything(stage, relative)
    except (stack.NotPossible, NotTrue, NotEnrolled) as reason:
        print(reason, file=sys.stderr)
        return 1
    lacking = recorder.lacking()
    if lacking:
        print(f"nothing was heard of: {', '.join(lacking)}", file=sys.stderr)
        return 1
    given.into.parent.mkdir(exist_ok=True)
    given.into.write_text(recorder.text(), encoding="utf-8")
    print(f"{len(recorder.operations)} operations, {len(recorder.problems)} reasons: {given.into}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
