"""What images are made of, and how the chart names them."""

import json
import sys

import pytest

from tests.charts.rendered import ROOT, SETS, containers, pods, template

sys.path.insert(0, str(ROOT / "deploy" / "docker"))

import context
import yaml

DIGEST = "sha256:" + "ab" * 32


def named(bill: str) -> dict[str, str]:
    """Packages of others, and their versions, in a bill of materials."""
    parts = json.loads(bill)["components"]
    return {one["name"]: one["version"] for one in parts if not one["name"].startswith("terresante-")}


@pytest.mark.parametrize("service", [*context.SERVICES, context.TOOLS])
def test_the_bill_of_an_image_names_what_is_installed_in_it(service: str) -> None:
    packages = [*context.SERVICES, "dev"] if service == context.TOOLS else [service]
    exported = context._exported(packages).splitlines()
    installed = dict(line.split(";")[0].rstrip(" \\").split("==") for line in exported if line and line[0].isalnum())
    told = named(context.bill(service, packages))
    assert {name: version.strip() for name, version in installed.items()}.items() <= told.items()
    assert len(told) - len(installed) <= 3, "what a marker leaves out on this machine"
    assert "pytest" not in told


def test_a_bill_holds_together_and_is_the_same_for_the_same_lock() -> None:
    bill = context.bill("consent", ["consent"])
    said = json.loads(bill)
    known = {said["metadata"]["component"]["bom-ref"], *(one["bom-ref"] for one in said["components"])}
    assert {one["ref"] for one in said["dependencies"]} <= known
    assert said["metadata"]["component"]["name"] == "terresante-consent"
    assert "timestamp" not in bill
    assert bill == context.bill("consent", ["consent"]) != context.bill("identity", ["identity"])


def test_the_bill_is_put_into_the_image() -> None:
    assert "/context/requirements/${SERVICE}.cdx.json /app/" in (ROOT / "deploy/docker/Dockerfile").read_text()


def images(*more: str) -> set[str]:
    """Every image of the demo."""
    done = template(SETS["demo"], *more)
    assert done.returncode == 0, done.stderr
    found = set()
    for one in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader):
        spec = one["spec"]["template"]["spec"] if one and one["kind"] in ("Deployment", "StatefulSet", "Job") else None
        found |= {container["image"] for container in containers(spec)} if spec else set()
    return found


def test_an_image_may_be_pinned_by_its_digest_wherever_it_runs() -> None:
    pinned = images(f"images.digests.consent={DIGEST}", f"images.digests.tools={DIGEST}")
    assert {one for one in pinned if "consent" in one} == {f"localhost/terresante-consent:0.1.0@{DIGEST}"}
    assert {one for one in pinned if "tools" in one} == {f"localhost/terresante-tools:0.1.0@{DIGEST}"}
    assert "localhost/terresante-records:0.1.0" in pinned


def test_a_digest_that_is_none_is_refused() -> None:
    done = template(SETS["demo"], "images.digests.consent=sha256:1234")
    assert done.returncode != 0 and "at '/images/digests/consent'" in done.stderr


@pytest.mark.parametrize("values", SETS)
def test_every_image_comes_from_the_one_registry(values: str) -> None:
    names = {one["image"].rpartition("/")[0] for _, _, spec in pods(values) for one in containers(spec)}
    assert len(names) == 1
