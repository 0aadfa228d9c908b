"""What the chart tells each process is what the process's Settings know, and nothing secret is told in the open."""

import json
import os
import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from terresante_dev import settings_of
from terresante_dev.login import start_page

from tests.charts.rendered import (
    CHART,
    PARTS,
    SERVICES,
    SETS,
    containers,
    deployment,
    dumped,
    environment,
    objects,
    of_kind,
    pods,
)

CASES = pytest.mark.parametrize(("values", "part"), [(values, part) for values in SETS for part in PARTS])


@CASES
def test_a_part_starts_with_what_it_is_told(values: str, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (only,) = deployment(values, part)["spec"]["template"]["spec"]["containers"]
    for name in [name for name in os.environ if name.startswith("TERRESANTE_")]:
        monkeypatch.delenv(name)
    for name, value in environment(only).items():
        monkeypatch.setenv(name, value if isinstance(value, str) else "postgresql://role:word@host:5432/database")
    read = import_module(f"terresante_{part}.settings").Settings()
    assert read.listen.endswith(":8443" if part == "gateway" else ":5000")
    assert {kind for kinds in read.issuers.values() for kind in kinds} >= {"professional", "patient"}


@CASES
def test_every_file_that_a_setting_names_is_mounted_from_a_secret(values: str, part: str) -> None:
    spec = deployment(values, part)["spec"]["template"]["spec"]
    volumes = {one["name"]: one for one in spec["volumes"]}
    for container in containers(spec):
        mounts = {one["mountPath"]: volumes[one["name"]] for one in container["volumeMounts"]}
        for name, value in environment(container).items():
            if not (name.endswith("_FILE") or name == "PGSSLROOTCERT"):
                continue
            volume = mounts[str(Path(value).parent)]
            keys = [item["key"] for item in volume["secret"].get("items", [])]
            assert not keys or Path(value).name in keys, name


@CASES
def test_a_part_calls_its_neighbours_by_a_name_that_gives_every_pod(values: str, part: str) -> None:
    (only,) = deployment(values, part)["spec"]["template"]["spec"]["containers"]
    services = {one["metadata"]["name"] for one in of_kind(values, "Service")}
    addresses = {name: value for name, value in environment(only).items() if name.endswith("_ADDRESS")}
    for name, value in addresses.items():
        peer = name.removeprefix(f"TERRESANTE_{part.upper()}_").removesuffix("_ADDRESS").lower()
        assert value == f"dns:///terresante-{peer}:5000"
        assert f"terresante-{peer}" in services


def test_in_the_demo_a_patients_first_login_begins_where_it_does_on_one_machine() -> None:
    (only,) = deployment("demo", "identity")["spec"]["template"]["spec"]["containers"]
    issuer = "https://terresante-keycloak.terresante.svc:8443/realms/patient"
    assert environment(only)["TERRESANTE_IDENTITY_PORTAL_URL"] == start_page(issuer)


def test_the_realms_vouch_for_the_same_people_as_on_one_machine() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    assert values["keycloak"]["kinds"] == settings_of.KINDS


@pytest.mark.parametrize("values", SETS)
def test_nothing_secret_is_rendered(values: str) -> None:
    assert of_kind(values, "Secret") == []
    assert all("-dashboard-" in one["metadata"]["name"] for one in of_kind(values, "ConfigMap"))
    for one in objects(values):
        assert "PRIVATE KEY" not in dumped(one)
        assert not re.search(r"postgresql://[^ \"]*:[^ \"]*@", dumped(one)), one["metadata"]["name"]
    for name, _, spec in pods(values):
        for container in containers(spec):
            for variable, value in environment(container).items():
                if re.search(r"DATABASE_URL|PASSWORD(?!_FILE)|SECRET(?!_FILE)|ACCESS_KEY", variable):
                    assert set(value) == {"secretKeyRef"}, (name, variable)


@pytest.mark.parametrize("values", SETS)
@pytest.mark.parametrize("service", SERVICES)
def test_the_role_that_owns_tables_is_known_to_the_migration_alone(values: str, service: str) -> None:
    owners = [name for name, _, spec in pods(values) if f'"name": "terresante-{service}-database"' in dumped(spec)
              and "owner-url" in dumped(spec)]  # fmt: skip
    assert len(owners) == 1 and owners[0].startswith(f"terresante-migrate-{service}-")


@pytest.mark.parametrize("values", SETS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_waits_for_its_schema_with_its_own_image(values: str, service: str) -> None:
    spec = deployment(values, service)["spec"]["template"]["spec"]
    (waits,) = spec["initContainers"]
    assert waits["image"] == spec["containers"][0]["image"]
    assert waits["command"][-2:] == ["await", f"terresante_{service}"]


def test_the_environment_of_a_part_is_json_where_its_settings_want_json() -> None:
    (only,) = deployment("production", "gateway")["spec"]["template"]["spec"]["containers"]
    told = environment(only)
    assert json.loads(told["TERRESANTE_GATEWAY_CORS_ORIGINS"]) == [
        "https://pro.sante.example.fr",
        "https://patients.sante.example.fr",
    ]
    assert list(json.loads(told["TERRESANTE_GATEWAY_ISSUERS"])) == [
        "https://login.sante.example.fr/realms/patient",
        "https://login.sante.example.fr/realms/pro",
    ]
