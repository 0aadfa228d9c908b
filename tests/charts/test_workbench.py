"""The administrators' pages: a second port of the directory, open only where it is wanted."""

import os
from functools import cache
from importlib import import_module

import pytest
import yaml

from tests.charts.rendered import SERVICES, Json, environment, of_kind, template

GIVEN = (
    "workbench.enabled=true",
    "workbench.url=https://annuaire.sante.example.fr",
    "workbench.ingress.enabled=true",
    "workbench.from[0].namespaceSelector.matchLabels.way=in",
)
PORT = 8444


@cache
def objects() -> list[Json]:
    """Production with the pages."""
    done = template(("production",), *GIVEN)
    assert done.returncode == 0, done.stderr
    return [one for one in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if one]


def named(kind: str, name: str) -> Json:
    """The one of that kind and name."""
    (found,) = [one for one in objects() if (one["kind"], one["metadata"]["name"]) == (kind, f"terresante-{name}")]
    return found


def pod(service: str) -> Json:
    """Its pod."""
    found: Json = named("Deployment", service)["spec"]["template"]["spec"]
    return found


def test_the_directory_starts_with_what_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (only,) = pod("directory")["containers"]
    for name in [name for name in os.environ if name.startswith("TERRESANTE_")]:
        monkeypatch.delenv(name)
    for name, value in environment(only).items():
        monkeypatch.setenv(name, value if isinstance(value, str) else "postgresql://role:word@host:5432/database")
    read = import_module("terresante_directory.settings").Settings()
    assert (read.workbench_listen, read.workbench_url) == (f"0.0.0.0:{PORT}", "https://annuaire.sante.example.fr")


def test_its_key_comes_from_a_secret_and_to_the_directory_alone() -> None:
    file = "/run/terresante/workbench-key/workbench.pem"
    (only,) = pod("directory")["containers"]
    assert environment(only)["TERRESANTE_DIRECTORY_WORKBENCH_KEY_FILE"] == file
    (volume,) = [one for one in pod("directory")["volumes"] if one["name"] == "workbench-key"]
    assert volume["secret"]["secretName"] == "terresante-directory-workbench"
    for service in set(SERVICES) - {"directory"}:
        assert "workbench" not in str(pod(service)), service


def test_browsers_reach_the_port_that_is_listened_on_and_only_from_where_they_may() -> None:
    (only,) = pod("directory")["containers"]
    assert {port["name"]: port["containerPort"] for port in only["ports"]} == {"grpc": 5000, "pages": PORT}
    service = named("Service", "workbench")["spec"]
    assert service["ports"] == [{"name": "https", "port": 443, "targetPort": "pages"}]
    labels = named("Deployment", "directory")["spec"]["template"]["metadata"]["labels"]
    assert service["selector"].items() <= labels.items()
    (rule,) = named("NetworkPolicy", "pages")["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": PORT}]
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"way": "in"}}}]
    (way,) = named("Ingress", "workbench")["spec"]["rules"]
    assert way["host"] == "annuaire.sante.example.fr"
    assert "annuaire.sante.example.fr" in named("Certificate", "directory")["spec"]["dnsNames"]


def test_without_them_the_directory_has_one_port_and_no_way_in_from_outside() -> None:
    assert not [one for one in of_kind("production", "Service", "Ingress") if "workbench" in one["metadata"]["name"]]
    assert not [one for one in of_kind("production", "NetworkPolicy") if one["metadata"]["name"].endswith("-pages")]


@pytest.mark.parametrize(
    ("values", "given", "said"),
    [
        ("production", ("workbench.enabled=true",), "workbench.enabled is on without workbench.url"),
        ("production", ("workbench.enabled=true", "workbench.url=http://x.fr"), "at '/workbench/url'"),
        ("demo", GIVEN, "the demo's Keycloak has no key of the workbench"),
        (
            "production",
            ("services.directory.settings.WORKBENCH_LISTEN=x",),
            "properties 'WORKBENCH_LISTEN' not allowed",
        ),
    ],
)
def test_what_cannot_be_served_is_refused_with_what_to_do(values: str, given: tuple[str, ...], said: str) -> None:
    done = template((values,), *given)
    assert done.returncode != 0 and said in done.stderr, done.stderr
