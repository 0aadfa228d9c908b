"""Who may talk to whom: the policies are the edges of docs/architecture.md, at both ends, and no others."""

import re
from collections.abc import Iterator

import pytest

from tests.charts.rendered import ROOT, SERVICES, SETS, Json, of_kind, pods

ALL = "app.kubernetes.io/instance"
PART = "app.kubernetes.io/component"
BESIDE = {
    ("migrate", "postgres"),
    ("streams", "nats"),
    ("test", "gateway"),
}
"""Jobs and `helm test`, which the page is not about."""
REALMS = {("realms", "keycloak")}
"""One more Job, where Keycloak is the operator's."""
DEMO = {("keycloak", "postgres"), ("test", "keycloak"), ("test", "postgres"), ("demo-secrets", "kubernetes")}


TARGETS = {"postgresql": "postgres", "object store": "store", "collector": "telemetry", "mail server": "mail"}
WHERE_THERE_IS_ONE = ("store", "telemetry", "mail", "webhooks")


def page_edges() -> set[tuple[str, str]]:
    """The table "Edges", with `every service` spelled out and targets under their names in the chart."""
    table = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("## Edges")[1].split("\n## ")[0]
    edges = set()
    for source, target in re.findall(r"^\| ([^|-]+) \| ([^|]+) \|", table, re.MULTILINE)[1:]:
        froms = [one.strip() for one in source.replace("every service", ", ".join(SERVICES)).split(",")]
        tos = [one.strip().lower().removesuffix("'s keys") for one in target.split(",")]
        edges |= {(one, TARGETS.get(other, other)) for one in froms for other in tos}
    return edges


def peers(policy: Json, way: str) -> Iterator[str]:
    """The parts, or the word `outside`, on the other side of a policy's rules."""
    for rule in policy["spec"].get(way, []):
        for peer in rule.get("to" if way == "egress" else "from", []):
            yield peer["podSelector"]["matchLabels"][PART] if "podSelector" in peer else "outside"


def edges(values: str, way: str) -> set[tuple[str, str]]:
    """What the policies of one direction allow between parts, read from their selectors and not from their names."""
    found = set()
    for policy in of_kind(values, "NetworkPolicy"):
        one = policy["spec"]["podSelector"]["matchLabels"].get(PART)
        if one is None:
            continue
        for other in peers(policy, way):
            if other != "outside":
                found.add((one, other) if way == "egress" else (other, one))
            elif way == "egress":
                found.add((one, policy["metadata"]["annotations"]["terresante/edge"].split(" -> ")[1]))
    return found


def test_the_page_names_edges() -> None:
    assert {("gateway", "consent"), ("gateway", "keycloak"), ("messaging", "nats")} <= page_edges()


@pytest.mark.parametrize("values", SETS)
def test_whatever_leaves_a_pod_is_an_edge_of_the_page_and_every_edge_may_be_used(values: str) -> None:
    beside = BESIDE | (DEMO if values == "demo" else REALMS)
    absent = WHERE_THERE_IS_ONE if values == "demo" else ()
    said = {edge for edge in page_edges() if edge[1] not in absent}
    assert edges(values, "egress") == said | beside


@pytest.mark.parametrize("values", SETS)
def test_what_may_leave_for_a_pod_of_ours_may_enter_it_and_nothing_else_may(values: str) -> None:
    ours = {labels[PART] for _, labels, _ in pods(values)}
    assert edges(values, "ingress") == {edge for edge in edges(values, "egress") if edge[1] in ours}


@pytest.mark.parametrize("values", SETS)
def test_everything_that_is_not_said_is_denied_to_every_pod(values: str) -> None:
    (nothing,) = [one for one in of_kind(values, "NetworkPolicy") if one["metadata"]["name"] == "terresante-nothing"]
    assert nothing["spec"] == {
        "podSelector": {"matchLabels": {ALL: "terresante"}},
        "policyTypes": ["Ingress", "Egress"],
    }
    assert all(labels[ALL] == "terresante" for _, labels, _ in pods(values))


@pytest.mark.parametrize("values", SETS)
def test_a_policy_that_names_a_port_names_the_one_that_is_listened_on(values: str) -> None:
    heard = {}
    for _, labels, spec in pods(values):
        for one in spec["containers"]:
            for port in one.get("ports", []):
                heard[labels[PART]] = port["containerPort"]
    checked = 0
    for policy in of_kind(values, "NetworkPolicy"):
        part = policy["spec"]["podSelector"]["matchLabels"].get(PART)
        for rule in policy["spec"].get("ingress", []):
            checked += 1
            assert [port["port"] for port in rule["ports"]] == [heard[part]], policy["metadata"]["name"]
    assert checked >= 9


@pytest.mark.parametrize("values", ["production", "airgap"])
def test_nothing_of_production_may_go_to_the_whole_world(values: str) -> None:
    for policy in of_kind(values, "NetworkPolicy"):
        assert "0.0.0.0/0" not in str(policy)
        for rule in policy["spec"].get("egress", []):
            assert rule.get("to") and rule.get("ports"), policy["metadata"]["name"]
