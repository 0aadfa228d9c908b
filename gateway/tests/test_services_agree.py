"""What the API says of the services is so: the reasons they raise, and the people whom their RPCs let in."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from terresante_consent.domain.vocabulary import Reason as DecisionReason
from terresante_gateway import app
from terresante_gateway.problems import STATUS
from terresante_gateway.reasons import DECIDED, REASONS
from terresante_platform.refusals import Refusal
from terresante_platform.rpc.allow import Rule, rule_of

from .operations import RIGHT, Right

PARTS = ("platform", "identity", "consent", "records", "messaging", "directory", "gateway")
OPERATIONS = {one.operation_id: one for one in app.described(app.State())[1]}


def _kinds(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


@pytest.fixture(scope="module")
def modules() -> list[Any]:
    """The whole source, imported."""
    every = []
    for part in PARTS:
        package = importlib.import_module(f"terresante_{part}")
        for found in pkgutil.walk_packages(package.__path__, f"terresante_{part}."):
            if not found.name.endswith("__main__") and ".migrations" not in found.name:
                every.append(importlib.import_module(found.name))
    return every


@pytest.fixture(scope="module")
def refusals(modules: list[Any]) -> set[type[Refusal]]:
    """Every refusal that the source declares."""
    return {kind for kind in _kinds(Refusal) if kind.__module__.startswith("terresante_")}


@pytest.fixture(scope="module")
def rules(modules: list[Any]) -> dict[str, Rule]:
    """The `@allow` of every RPC, by `service.Method`."""
    found = {}
    for module in modules:
        service = module.__name__.split(".")[0].removeprefix("terresante_")
        for name, kind in inspect.getmembers(module, inspect.isclass):
            for method, function in inspect.getmembers(kind, inspect.isfunction):
                rule = rule_of(function)
                if rule is not None and name != "Services":
                    found[f"{service}.{method}"] = rule
    return found


def test_every_reason_is_described_with_its_status(refusals: set[type[Refusal]]) -> None:
    wrong = {
        (kind.reason, kind.__module__)
        for kind in refusals
        if kind.reason not in REASONS
        or (getattr(kind, "status", 0) or STATUS[kind.kind]) not in (REASONS[kind.reason][0], REASONS[kind.reason].also)
    }

    assert wrong == set()
    assert len(refusals) > 100


@pytest.mark.parametrize("right", RIGHT, ids=lambda right: right.operation)
def test_an_operation_lets_in_whom_its_rpc_lets_in(right: Right, rules: dict[str, Rule]) -> None:
    authz, rule = OPERATIONS[right.operation].declared.authz, rules[right.rpc]

    assert "gateway" in rule.services
    assert set(authz.kinds) == rule.people or right.operation == "get_me"  # asks another service for each kind
    assert (authz.acr, authz.max_age) == (rule.strength, rule.fresh)


def test_every_reason_of_a_decision_is_described() -> None:
    assert {reason.value for reason in DecisionReason} - {"LOGIN_TOO_WEAK"} <= set(DECIDED)
    assert set(DECIDED) <= set(REASONS)
