"""What the API says of the services is so: the reasons they raise, and the people whom their RPCs let in."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from terresante_consent.domain.vocabulary import Reason as DecisionReason
from terresante_gateway import app
from terresante_gateway.openapi import reasons_of
from terresante_gateway.problems import STATUS
from terresante_gateway.reasons import DECIDED, REASONS
from terresante_platform.refusals import Refusal
from terresante_platform.rpc.allow import Rule, rule_of

from .operations import RIGHT
from .things import Right

PARTS = ("platform", "identity", "consent", "records", "messaging", "directory", "gateway")
ELSEWHERE = ("terresante_directory.workbench",)
"""What these refuse does not come by the gateway: pages."""
CONTRACTS = Path(__file__).resolve().parents[2] / "proto" / "terresante"
_RPC = re.compile(r"((?:^ *//.*\n)+) *rpc (\w+)\(", re.MULTILINE)
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
    through_the_gateway = {kind for kind in refusals if not kind.__module__.startswith(ELSEWHERE)}
    wrong = {
        (kind.reason, kind.__module__)
        for kind in through_the_gateway
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


def _refused_by_contract() -> dict[str, set[str]]:
    """`service.Method` -> the reasons that the comment above the RPC names."""
    return {
        f"{file.parts[-3]}.{method}": set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", comment.partition("Refuses with")[2]))
        for file in CONTRACTS.rglob("*_service.proto")
        for comment, method in _RPC.findall(file.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("right", RIGHT, ids=lambda right: right.operation)
def test_an_operation_tells_every_reason_that_the_contract_of_its_rpc_names(right: Right) -> None:
    named = _refused_by_contract()[right.rpc]
    never = {"LIMIT_INVALID", "TOO_MANY_IDS", "DESCRIPTION_MISSING"}  # the gateway's own forms refuse it before

    assert named - never <= set(reasons_of(OPERATIONS[right.operation]))
