"""Every operation of the OpenAPI under generated requests, as each kind of caller: no 5xx, and every answer as described,
down to the reason of each refusal.
"""

import asyncio
import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import schemathesis
from schemathesis.engine import events, from_schema
from terresante_dev import enrolment
from terresante_dev.personas import numbers
from terresante_dev.portal import Person
from terresante_dev.story import Stage

from .asking import ENDLESS, ROLES
from .forging import Keys, Mint, realm_keys

pytestmark = pytest.mark.timeout(900)
PHASES = ("examples", "coverage", "fuzzing", "stateful")
UNSUITED = (
    "positive_data_acceptance",  # a schema does not say what the rules of care allow
    "use_after_free",  # what is ended stays readable, for the journal
    "ensure_resource_availability",  # who creates may not be who reads
)
SPARE = 5
"""Fuzzed requests per operation, beside those that cover its parameters."""


@dataclass
class Found:
    """What came of one run."""

    requests: Counter[str] = field(default_factory=Counter)
    """By operation."""
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def stage(told: Stage, another: Callable[..., Stage]) -> Stage:
    """A patient and professionals of this suite's own: among the requests are some that end what they can, and many
    searches, which are limited.
    """
    numbered = replace(told.professional("gp"), rpps=numbers.rpps(secrets.randbelow(40_000)))
    gp = enrolment.professional(told.who("admin"), numbered, told.made["structures"], told.gateway)
    stage = another(gp=gp)
    stage.people["scapegoat"] = enrolment.professional(
        stage.who("admin"), told.professional("social-worker"), told.made["structures"], stage.gateway
    )
    return stage


def headers_of(stage: Stage, keys: Keys, person: Person | None) -> dict[str, str]:
    """What they send with each request: their token, made to last and as if they had just logged in."""
    if person is None:
        return {}
    now = int(time.time())
    mint = Mint(person.token, stage.stack["issuers"], keys, person.login.realm)
    return {"Authorization": f"Bearer {mint.token(auth_time=now, exp=now + 3_000)}"}


LAST = "/v1/me/leaving"
"""Who guesses their version leaves, and everything after is refused: tests/flows/test_enrolment.py tries it."""


def described(spec: dict[str, Any], kind: str, phase: str) -> dict[str, Any]:
    """The description, of the operations that this kind may call only, where the phase is the long one."""
    lasting = {path: item for path, item in spec["paths"].items() if path not in (LAST, ENDLESS)}
    if phase == "fuzzing":
        return {**spec, "paths": lasting}
    paths = {}
    for path, item in lasting.items():
        kept = {method: one for method, one in item.items() if not kind or kind in one["x-authz"]["kinds"]}
        if kept:
            paths[path] = kept
    return {**spec, "paths": paths}


def run(stage: Stage, spec: dict[str, Any], headers: dict[str, str], phase: str, fixed: dict[str, str]) -> Found:
    """One phase of schemathesis."""
    config = schemathesis.Config.from_dict(
        {
            "seed": 1,
            "base-url": stage.stack["gateway"]["url"],
            "tls-verify": stage.stack["ca"]["gateway"],
            "request-timeout": 40,
            "headers": headers,
            "parameters": fixed,
            "continue-on-failure": True,
            "generation": {"max-examples": SPARE, "deterministic": True, "no-shrink": True, "database": "none"},
            "phases": {
                name: {"enabled": name == phase, **({"unexpected-methods": ["PATCH"]} if name == "coverage" else {})}
                for name in PHASES
            },
            "checks": {
                **{name: {"enabled": False} for name in UNSUITED},
                "missing_required_header": {"expected-statuses": ["400", "401", "403", "428"]},
            },
        }
    )
    found = Found()
    for event in from_schema(schemathesis.openapi.from_dict(spec, config=config)).execute():
        if isinstance(event, events.ScenarioFinished):
            _count(event, spec, found)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            found.faults.append(f"schemathesis itself: {event}")
    return found


def _count(event: events.ScenarioFinished, spec: dict[str, Any], found: Found) -> None:
    label = event.recorder.label
    for interaction in event.recorder.interactions.values():
        found.requests[label] += 1
        answer = interaction.response
        if answer is not None:
            found.statuses[answer.status_code] += 1
            if answer.status_code >= 400 and interaction.request.method == label.split()[0]:
                found.faults += _undocumented(label, spec, answer)
    for checks in event.recorder.checks.values():
        for one in checks:
            if one.failure_info is not None:
                failure = one.failure_info.failure
                found.faults.append(f"{label}: {failure.title} {failure.message}\n  {one.failure_info.code_sample}")


def _undocumented(label: str, spec: dict[str, Any], answer: Any) -> Iterator[str]:
    """A refusal whose reason is not listed for that operation under that status, or that does not say what to do."""
    method, path = label.split(" ", 1)
    told = spec["paths"][path][method.lower()]["responses"].get(str(answer.status_code), {})
    name = told.get("$ref", "").rsplit("/", 1)[-1]
    listed = spec["components"]["responses"].get(name, {}).get("description", "").partition(" : ")[2].split(", ")
    problem = json.loads(answer.content)
    if problem["reason"] not in listed:
        yield f"{label}: {answer.status_code} {problem['reason']} is not documented"
    if not (problem["detail"] and problem["todo"]):
        yield f"{label}: {problem['reason']} does not say what to do"


@pytest.fixture(scope="module")
def keys(told: Stage) -> Keys:
    """The realms' signing keys."""
    return asyncio.run(realm_keys(told.stack))


RUNS = [(who, phase) for who in ("patient", "gp", "admin", "feeder-hospital") for phase in ("coverage", "fuzzing")] + [
    ("nobody", "fuzzing")
]
"""Who, and how: every parameter covered where their kind may call, a few drawn everywhere. The patient comes first: among
what a GP may send is a new start of the patient's account, after which the patient's old password opens nothing.
"""


@pytest.mark.parametrize(("who", "phase"), RUNS)
def test_no_generated_request_makes_a_fault_and_every_answer_is_as_described(
    stage: Stage, spec: dict[str, Any], keys: Keys, who: str, phase: str
) -> None:
    person = None if who == "nobody" else stage.who(who)
    kind = next((kind for kind, stands_for in ROLES.items() if stands_for == who), "")
    fixed = {"path.patient": stage.made["patient"]}
    if person is not None and person.place:
        fixed["header.Terresante-Place"] = person.place
    if who == "admin":
        fixed["path.professional"] = stage.who("scapegoat").uid

    found = run(stage, described(spec, kind, phase), headers_of(stage, keys, person), phase, fixed)

    print(f"{who}, {phase}: {found.requests.total()} requests, {dict(sorted(found.statuses.items()))}")
    assert not found.faults, f"{len(found.faults)} faults:\n" + "\n".join(list(dict.fromkeys(found.faults))[:25])
    operations = sum(len(item) for item in described(spec, kind, phase)["paths"].values())
    assert len(found.requests) == operations
    assert found.requests.total() > operations * (4 if phase == "fuzzing" else 20)
