"""Every RPC of every service: who may call it is written on it, and it is refused to everybody else."""

import importlib
import inspect
import pkgutil
from typing import Any
from uuid import uuid4

import pytest
import terresante
from terresante.consent.v1 import consent_service_pb2, decision_service_pb2, journal_service_pb2
from terresante.directory.v1 import (
    directory_service_pb2,
    enrolment_service_pb2,
    extract_service_pb2,
    import_service_pb2,
    ror_service_pb2,
)
from terresante.identity.v1 import identity_service_pb2, linkage_service_pb2
from terresante.messaging.v1 import (
    attachment_service_pb2,
    conversation_service_pb2,
    feed_service_pb2,
    messaging_service_pb2,
    telling_service_pb2,
    webhook_service_pb2,
)
from terresante.records.v1 import alert_service_pb2, records_service_pb2
from terresante_platform.calls import Call, Caller
from terresante_platform.refusals import Refusal
from terresante_platform.rpc.allow import Rule, check, rule_of

SERVICES = {
    "identity": [identity_service_pb2, linkage_service_pb2],
    "consent": [consent_service_pb2, decision_service_pb2, journal_service_pb2],
    "records": [records_service_pb2, alert_service_pb2],
    "messaging": [
        messaging_service_pb2,
        conversation_service_pb2,
        attachment_service_pb2,
        feed_service_pb2,
        telling_service_pb2,
        webhook_service_pb2,
    ],
    "directory": [
        directory_service_pb2,
        ror_service_pb2,
        import_service_pb2,
        enrolment_service_pb2,
        extract_service_pb2,
    ],
}
EDGES = {
    "identity": {"gateway", "consent"},
    "consent": {"gateway", "identity", "records", "messaging", "directory"},
    "records": {"gateway"},
    "messaging": {"gateway", "directory"},
    "directory": {"gateway", "consent", "messaging"},
}
"""Who may call whom: docs/architecture.md, Edges."""


def methods() -> list[tuple[str, str, Any]]:
    """Service, RPC and the method that serves it, for every RPC of the contracts."""
    found = []
    for service, modules in SERVICES.items():
        servicers = _servicers(service)
        for module in modules:
            for descriptor in module.DESCRIPTOR.services_by_name.values():
                for rpc in descriptor.methods:
                    found.append((service, rpc.name, servicers[rpc.name]))
    return found


def _servicers(service: str) -> dict[str, Any]:
    """The methods of the service's rpc package, by RPC name."""
    package = importlib.import_module(f"terresante_{service}.rpc")
    names: dict[str, Any] = {}
    modules = [package, *_submodules(package)]
    for module in modules:
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if kind.__module__.startswith(f"terresante_{service}."):
                names.update({name: method for name, method in vars(kind).items() if name[:1].isupper()})
    return names


def _submodules(package: Any) -> list[Any]:
    if not hasattr(package, "__path__"):
        return []
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [importlib.import_module(one.name) for one in found]


ALL = methods()
IDS = [f"{service}.{name}" for service, name, _ in ALL]
OPEN = {"AskToEnrol"}
"""What asks for no login, because who calls has none yet: it answers everybody the same."""
CLOSED = [one for one in ALL if one[1] not in OPEN]
CLOSED_IDS = [f"{service}.{name}" for service, name, _ in CLOSED]


def rule(method: Any) -> Rule:
    found = rule_of(method)
    assert found is not None
    return found


@pytest.mark.parametrize(("service", "name", "method"), ALL, ids=IDS)
def test_who_may_call_is_written_on_it(service: str, name: str, method: Any) -> None:
    assert rule_of(method) is not None


@pytest.mark.parametrize(("service", "name", "method"), ALL, ids=IDS)
def test_only_the_edges_of_the_architecture_call_it(service: str, name: str, method: Any) -> None:
    assert rule(method).services | rule(method).alone <= EDGES[service]


@pytest.mark.parametrize(("service", "name", "method"), CLOSED, ids=CLOSED_IDS)
def test_nobody_without_a_token_gets_in_through_the_gateway(service: str, name: str, method: Any) -> None:
    with pytest.raises(Refusal):
        check(rule_of(method), Call(service="gateway"))


@pytest.mark.parametrize(("service", "name", "method"), CLOSED, ids=CLOSED_IDS)
def test_a_password_alone_gets_nobody_in(service: str, name: str, method: Any) -> None:
    for kind in ("professional", "administrator", "patient", "system"):
        weak = Caller(uuid4(), kind, 1, 2e9, 2e9, "")
        with pytest.raises(Refusal):
            check(rule_of(method), Call(service="gateway", caller=weak))


@pytest.mark.parametrize(("service", "name", "method"), ALL, ids=IDS)
def test_no_other_service_and_no_unknown_certificate_gets_in(service: str, name: str, method: Any) -> None:
    someone = Caller(uuid4(), next(iter(rule(method).people), "professional"), 3, 2e9, 2e9, "")
    for stranger in {"", "ops", "nats", "keycloak", *SERVICES} - rule(method).services:
        with pytest.raises(Refusal):
            check(rule_of(method), Call(service=stranger, caller=someone))


def test_every_rpc_of_the_contracts_is_looked_at() -> None:
    names = [one.name for one in pkgutil.walk_packages(terresante.__path__, "terresante.")]
    looked_at = {module.__name__ for modules in SERVICES.values() for module in modules}

    assert looked_at == {name for name in names if name.endswith("_service_pb2")}
    assert len(ALL) >= 180
