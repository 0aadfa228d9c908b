"""The sizing: read from what the benches found, reckoned in proportion, and the page says what is printed."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bench.sizing import assumptions, page, results
from bench.sizing.__main__ import PAGE, printed
from bench.sizing.reckoning import Disk, Needs, connections, reckon
from bench.sizing.results import Found, ResultMissing

FOUND = results.read()
ASSUMED = assumptions.read()
TERRITORY = ASSUMED.sizes["territory"]


def reckoned(found: Found = FOUND) -> Needs:
    return reckon(TERRITORY, ASSUMED, found)


def copied(folder: Path) -> Path:
    """The files that are read, in a folder where they may be changed."""
    for file in {*FOUND.sources.values(), results.IDLE, results.YEAR, results.LOADED, results.ROWS, results.CHAIN, results.VALUES,
                 results.PRODUCTION, "bench/sizing/measured.toml"}:  # fmt: skip
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(results.ROOT / file, folder / file)
    return folder


def test_the_page_holds_what_the_command_prints() -> None:
    told = PAGE.read_text("utf-8")

    assert page.within(told, printed()) == told, "a result or an assumption changed: python -m bench.sizing --write"


def test_a_cost_is_what_its_file_says() -> None:
    row = re.search(r"\| \*\*guarded read\*\* \| 100/s \|.*\| ([\d.]+) \| \d+ \|", results.Files(results.ROOT).text(results.PERFORMANCE))  # fmt: skip
    posted = re.search(r"streams on B, 100/s .*messaging ([\d.]+)  consent ([\d.]+)", results.Files(results.ROOT).text(results.LIVE))  # fmt: skip

    assert row and posted
    assert sum(FOUND.costs["read"].values()) == pytest.approx(float(row[1]))
    assert FOUND.costs["message"]["messaging"] == float(posted[1])
    assert FOUND.costs["message"]["consent"] == float(posted[2])


def test_every_kind_has_a_cost_and_none_counts_the_client_that_asked() -> None:
    assert set(FOUND.costs) == set(ASSUMED.kinds)
    for cost in FOUND.costs.values():
        assert set(cost) <= set(results.PARTS)
        assert {"gateway", "postgres"} <= set(cost)


def test_half_a_cost_is_half_of_the_processors_that_depend_on_it() -> None:
    unread = {part: ms / 2 for part, ms in FOUND.costs["unread"].items()}

    before, after = reckoned(), reckoned(replace(FOUND, costs={**FOUND.costs, "unread": unread}))

    for part in results.PARTS:
        spared = before.rates["unread"] * FOUND.costs["unread"].get(part, 0.0) / 1000 / 2
        assert before.processors[part] - after.processors[part] == pytest.approx(spared)
    free = reckoned(replace(FOUND, costs={kind: {} for kind in FOUND.costs}, idle={}))
    assert set(free.processors.values()) == {0.0}


def test_half_the_bytes_of_a_journal_entry_is_half_of_what_consents_database_grows_by() -> None:
    weights = {**FOUND.weights, "journal": FOUND.weights["journal"] / 2}

    before, after = reckoned(), reckoned(replace(FOUND, weights=weights))

    assert after.disks["consent"].a_year == pytest.approx(before.disks["consent"].a_year / 2)
    assert {name: disk for name, disk in after.disks.items() if name != "consent"} == {
        name: disk for name, disk in before.disks.items() if name != "consent"
    }


def test_half_the_bytes_of_an_event_is_half_the_stream() -> None:
    weights = {**FOUND.weights, "event": FOUND.weights["event"] / 2}

    assert reckoned(replace(FOUND, weights=weights)).stream == pytest.approx(reckoned().stream / 2)


def test_twice_the_people_ask_twice_as_much() -> None:
    double = replace(TERRITORY, users=2 * TERRITORY.users, patients=2 * TERRITORY.patients, identities=2 * TERRITORY.identities)  # fmt: skip

    before, after = reckoned(), reckon(double, ASSUMED, FOUND)

    for part, used in before.processors.items():
        assert after.processors[part] == pytest.approx(2 * used)
    assert after.journal_year == pytest.approx(2 * before.journal_year)


def test_what_grows_adds_up_from_year_to_year_and_what_does_not_stays() -> None:
    assert Disk(100, 10).after(1, 0.5) == 110
    assert Disk(100, 10).after(3, 0.0) == 130
    assert Disk(100, 10).after(2, 0.5) == 150 + 10 + 15
    assert Disk(100, 0, grows=False).after(9, 0.5) == 100


def test_connections_are_counted_as_the_chart_and_operations_count_them() -> None:
    template = (results.ROOT / "deploy/helm/terresante/templates/_platform.tpl").read_text()
    documented = "2 × 21 × 12 + 2 × 21 × 20 + 21 × 18 = 1,722"

    assert sum(connections(service, 20, FOUND) for service in results.SERVICES) == 1_722
    assert documented in (results.ROOT / "docs/operations.md").read_text()
    assert 'dict "identity" $values.databasePool "records" $values.databasePool "messaging" 6' in template
    assert "add 4 $values.databasePool $more" in template


def test_figures_that_only_a_page_has_are_those_of_the_page() -> None:
    memory, demo, lookups = (FOUND.measured[name] for name in ("memory_mib", "demo_mib", "lookups_gb"))
    row = results.Files(results.ROOT).line(memory["source"], "| memory (resident set) after `helm test`")
    granted = (results.ROOT / demo["source"]).read_text()

    for service in results.SERVICES:
        told = re.search(rf"{service} (?:\d+–)?(\d+)", row)
        assert told and int(told[1]) == memory[service], service
    assert granted.count('"memory" "1Gi"') == 2 and '"memory" "192Mi"' in granted
    assert [demo[part] for part in ("postgres", "keycloak", "nats")] == [1024, 1024, 192]
    assert f"of which look-ups read {lookups['a_million']}" in (results.ROOT / lookups["source"]).read_text()


@pytest.mark.parametrize(
    "file", [results.LIVE, results.YEAR, results.MATCHING, results.ROWS, results.CHAIN, results.PERFORMANCE]
)
def test_a_result_that_is_not_there_is_named(tmp_path: Path, file: str) -> None:
    folder = copied(tmp_path)
    assert results.read(folder).costs == FOUND.costs

    (folder / file).unlink()
    with pytest.raises(ResultMissing, match=re.escape(f"{file} is not there")):
        results.read(folder)

    (folder / file).write_text("another day, another table\n")
    with pytest.raises(ResultMissing, match=re.escape(file)):
        results.read(folder)


def test_a_year_that_was_not_finished_is_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    lines = (folder / results.YEAR).read_text().splitlines()
    (folder / results.YEAR).write_text("\n".join(lines[:-1]))

    with pytest.raises(ResultMissing, match="14 months instead of 15"):
        results.read(folder)


def test_a_page_without_its_markers_is_not_written() -> None:
    with pytest.raises(ValueError, match="has no line"):
        page.within("# Sizing", "tables")
