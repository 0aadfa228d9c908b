"""Alerts and dashboards: each metric and label they name is one that the code exports, each alert has a runbook."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml
from terresante_platform import migrations
from terresante_platform.testing.postgres import Server

from tests.charts.promql import exported, groupings, selectors
from tests.charts.rendered import CHART, PARTS, ROOT, SERVICES, Json, deployment, environment, of_kind, template

RUNBOOKS = ROOT / "docs" / "runbooks"
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
FROM_PROMETHEUS = {"job", "instance", "le"}
SECTIONS = ["What it means", "How to look", "What to do"]


@cache
def instruments() -> list[tuple[str, str, str]]:
    """Name, unit and kind of each instrument that the code makes."""
    script = str(Path(__file__).parent / "instruments.py")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [(name, unit, kind) for name, unit, kind in json.loads(done.stdout)]


@cache
def described() -> dict[str, set[str]]:
    """Attributes of each instrument, as docs/operations.md says."""
    table = PAGE.split("## What is measured")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([\w.]+)` \|([^|]*)\|", table, re.MULTILINE)
    return {name: set(re.findall(r"`([\w.]+)`", attributes)) for name, attributes in rows}


def labels_of(metric: str) -> set[str]:
    """The labels that a series in Prometheus may have. Raises KeyError for one that the code does not export."""
    for name, unit, kind in instruments():
        if metric in exported(name, unit, kind):
            return {one.replace(".", "_") for one in described()[name]} | FROM_PROMETHEUS
    raise KeyError(metric)


@cache
def groups() -> list[Json]:
    """Groups of rules as they are rendered for production."""
    (rule,) = of_kind("production", "PrometheusRule")
    found: list[Json] = rule["spec"]["groups"]
    return found


def rules(kind: str) -> list[Json]:
    """Alerts (`alert`), or recorded series (`record`)."""
    return [rule for group in groups() for rule in group["rules"] if kind in rule]


def dashboards() -> dict[str, Json]:
    """Every dashboard as Grafana would read it."""
    found = {}
    for one in of_kind("production", "ConfigMap"):
        ((name, text),) = one["data"].items()
        found[name] = json.loads(text)
    return found


def expressions() -> list[tuple[str, str]]:
    """Where, and what, is asked of Prometheus."""
    asked = [(rule.get("alert") or rule["record"], rule["expr"]) for group in groups() for rule in group["rules"]]
    for name, board in dashboards().items():
        asked += [(f"{name}: {panel['title']}", line["expr"]) for panel in board["panels"] for line in panel["targets"]]
    return asked


def test_the_code_makes_instruments_and_the_page_lists_exactly_those() -> None:
    names = {name for name, _, _ in instruments()}
    assert {"http.server.request.duration", "rpc.server.call.duration", "terresante.outbox.age"} <= names
    assert set(described()) == names


def test_a_name_is_what_prometheus_makes_of_it() -> None:
    assert exported("terresante.outbox.age", "s", "observable_gauge") == {"terresante_outbox_age_seconds"}
    assert exported("a.acts", "{act}", "counter") == {"a_acts_total"}
    assert exported("a.size", "By", "histogram") == {"a_size_bytes_bucket", "a_size_bytes_count", "a_size_bytes_sum"}


def test_what_an_expression_names_is_found() -> None:
    text = 'sum by (job, le) (rate(a_bucket{job="x",b!~"c{2}"}[5m] offset 1d)) > 2 * d and absent(e:f) or time()'
    assert {(one.metric, one.labels) for one in selectors(text)} == {
        ("a_bucket", frozenset({"job", "b"})),
        ("d", frozenset()),
        ("e:f", frozenset()),
    }
    assert groupings(text) == {"job", "le"}


def test_every_metric_and_label_that_is_asked_for_is_exported() -> None:
    recorded = {rule["record"] for rule in rules("record")}
    asked = expressions()
    assert len(asked) > 40
    for where, expression in asked:
        known = set(FROM_PROMETHEUS)
        for metric, labels in selectors(expression):
            if metric in recorded:
                continue
            try:
                own = labels_of(metric)
            except KeyError:
                pytest.fail(f"{where}: nothing exports {metric}")
            assert labels <= own, (where, metric, labels - own)
            known |= own
        assert groupings(expression) <= known, (where, groupings(expression) - known)


def test_everything_that_is_asked_for_is_of_this_installation() -> None:
    for where, expression in expressions():
        assert "__" not in expression, where
        for metric, labels in selectors(expression):
            assert "job" in labels, (where, metric)
    assert 'job="terresante/gateway"' in rules("alert")[0]["expr"]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_tells_the_name_of_its_installation_with_what_it_measures(part: str) -> None:
    (only,) = deployment("production", part)["spec"]["template"]["spec"]["containers"]
    told = environment(only)
    assert told["OTEL_RESOURCE_ATTRIBUTES"].split(",")[0] == "service.namespace=terresante"
    assert told["K8S_POD_NAME"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    assert list(told).index("K8S_POD_NAME") < list(told).index("OTEL_RESOURCE_ATTRIBUTES"), "it is used in the other"
    (quiet,) = deployment("demo", part)["spec"]["template"]["spec"]["containers"]
    assert "OTEL_RESOURCE_ATTRIBUTES" not in environment(quiet)


def test_every_alert_says_how_urgent_it_is_and_what_is_wrong() -> None:
    assert len(rules("alert")) >= 15
    for rule in rules("alert"):
        assert rule["alert"].startswith("Terresante")
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        assert set(rule["annotations"]) == {"summary", "runbook_url"}, rule["alert"]


def test_every_alert_is_seen_to_fire_and_not_to_fire_by_what_promtool_plays() -> None:
    fires: dict[str, set[bool]] = {}
    for file in (Path(__file__).parent / "alerts").glob("*.yaml"):
        for played in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]:
            for moment in played["alert_rule_test"]:
                fires.setdefault(moment["alertname"], set()).add(bool(moment["exp_alerts"]))
    assert fires == {rule["alert"]: {True, False} for rule in rules("alert")}


def test_a_silent_part_is_told_whichever_it_is() -> None:
    silent = {rule["labels"]["part"] for rule in rules("alert") if rule["alert"] == "TerresantePartSilent"}
    assert silent == set(PARTS)


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    linked = {}
    for rule in rules("alert"):
        where, _, file = rule["annotations"]["runbook_url"].rpartition("/")
        assert where == "https://wiki.sante.example.fr/terresante/runbooks"
        linked.setdefault(file, set()).add(rule["alert"])
    there = {one.name for one in RUNBOOKS.glob("*.md")} - {"README.md"}
    assert there == set(linked)
    for file, alerts in linked.items():
        text = (RUNBOOKS / file).read_text(encoding="utf-8")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS, file
        assert all(f"`{alert}`" in text for alert in alerts), file
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    assert all(f"({file})" in index for file in there)


def test_a_runbook_names_only_alerts_and_dashboards_that_exist() -> None:
    alerts, boards = {rule["alert"] for rule in rules("alert")}, {board["title"] for board in dashboards().values()}
    for file in RUNBOOKS.glob("*.md"):
        text = file.read_text(encoding="utf-8")
        assert set(re.findall(r"`(Terresante\w+)`", text)) <= alerts, file.name
        assert {f"Terr-eSanté · {one}" for one in re.findall(r"dashboard \*([^*]+)\*", text)} <= boards, file.name


def test_a_line_of_log_that_a_runbook_looks_for_is_one_that_is_written() -> None:
    sources = [*ROOT.glob("*/src/**/*.py"), *ROOT.glob("*/*/src/**/*.py")]
    said = {word for source in sources for word in re.findall(r'log\.\w+\(\s*"([^"]+)"', source.read_text("utf-8"))}
    looked_for: set[str] = set()
    for file in RUNBOOKS.glob("*.md"):
        for command in re.findall(r"grep .*", file.read_text(encoding="utf-8")):
            for choice in re.findall(r'(?:"event":)?"\(?([a-z |]+)\)?"', command):
                looked_for |= set(choice.split("|"))
    assert looked_for >= {"outbox waits", "fault"}
    assert looked_for - said == {"reason"}, "a field of the line"


@pytest.mark.parametrize("service", SERVICES)
def test_the_sql_of_the_runbooks_is_sql_of_todays_tables(service: str, postgres: Server) -> None:
    name = f"runbooks_{service}"
    postgres.sql(f'create database "{name}"')
    for extension in ("pg_trgm", "unaccent", "btree_gin"):
        postgres.sql(f"create extension if not exists {extension}", name)
    migrations.upgrade(f"terresante_{service}", postgres.url(name))
    tried = 0
    for file in RUNBOOKS.glob("*.md"):
        for wanted, block in re.findall(r"```sql(?: (\w+))?\n(.*?)```", file.read_text(encoding="utf-8"), re.DOTALL):
            if wanted in ("", service):
                for statement in [one.strip() for one in block.split(";") if one.strip()]:
                    postgres.sql("explain " + re.sub(r"'?<[^>]+>'?", "null", statement), name)
                    tried += 1
    postgres.sql(f'drop database "{name}" with (force)')
    assert tried


def test_dashboards_have_addresses_of_their_own_and_panels_that_do_not_lie_on_each_other() -> None:
    boards = dashboards()
    assert len({board["uid"] for board in boards.values()}) == len(boards) >= 3
    for name, board in boards.items():
        taken = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            assert not taken & cells and at["x"] + at["w"] <= 24, (name, panel["title"])
            taken |= cells


def test_dashboards_are_those_of_the_boards() -> None:
    script = str(ROOT / "deploy" / "helm" / "dashboards.py")
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_monitoring_is_the_operators_choice() -> None:
    done = template(("production",), "monitoring.rules.enabled=false", "monitoring.dashboards.enabled=false")
    kinds = {one["kind"] for one in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if one}
    assert done.returncode == 0 and not kinds & {"PrometheusRule", "ConfigMap"}
    assert of_kind("demo", "PrometheusRule", "ConfigMap") == []
    assert CHART.joinpath("rules").is_dir()
