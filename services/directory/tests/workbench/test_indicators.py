"""Indicators as their page, charts, tables and files say them: the same everywhere, and nothing small told anywhere."""

import csv
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_directory.domain.care import CareCount, Counted, CountedMessages, Standing
from terresante_directory.store.tables import administrator_territory
from terresante_directory.workbench import charts, indicating
from terresante_platform.database import Database

from .conftest import Appoint
from .visitor import Visitor

MONDAY = datetime(2026, 3, 1, 23, tzinfo=UTC)
SVG = re.compile(r'<svg class="chart".*?</svg>', re.DOTALL)
ROW = re.compile(r'<th scope="row">([^<]*)</th>((?:<td>[^<]*</td>)*)')


class CountsOfTests:
    """What consent would say. `told` None: it does not answer."""

    def __init__(self) -> None:
        self.told: CareCount | None = CareCount(1235, None)

    async def __call__(self, _: Sequence[Standing], moments: Sequence[datetime]) -> Counted | None:
        return Counted((self.told,) * len(moments), 5, 5) if self.told else None


class MessagesOfTests:
    """What messaging would say: nothing of the first week. `away`: it does not answer."""

    def __init__(self) -> None:
        self.away = False

    async def __call__(self, _: Sequence[Standing], weeks: Sequence[datetime]) -> CountedMessages | None:
        return None if self.away else CountedMessages((None, *[840] * (len(weeks) - 1)), 5, 5)


@pytest.fixture
def circles() -> CountsOfTests:
    return CountsOfTests()


@pytest.fixture
def messages() -> MessagesOfTests:
    return MessagesOfTests()


def read(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf"), "spreadsheets take it for Latin-1 without"
    return list(csv.reader(StringIO(content.decode("utf-8-sig")), delimiter=";"))


def section(page: str, kind: str) -> str:
    return page.partition(f'aria-labelledby="i-{kind}"')[2].partition("</section>")[0]


def series(kind: str, values: Sequence[int | None], label: str = "", smallest: int = 0) -> pb.IndicatorSeries:
    points = []
    for week, value in enumerate(values):
        at = Timestamp()
        at.FromDatetime(MONDAY + timedelta(weeks=week))
        points.append(pb.IndicatorPoint(week=at, value=value or 0, masked=value is None))
    return pb.IndicatorSeries(kind=kind, label=label, points=points, smallest=smallest)


async def test_each_kind_has_a_chart_a_table_and_a_file_that_say_the_same(claire: Visitor) -> None:
    page = await claire.get("/indicateurs")
    assert page.status_code == 200
    assert SVG.findall(page.text)
    for kind in indicating.KINDS:
        shown = section(page.text, kind)
        (drawn,) = SVG.findall(shown)
        svg = ElementTree.fromstring(drawn)  # noqa: S314  # of our own page
        assert svg.findtext("title")
        assert svg.findtext("desc")
        assert svg.get("aria-labelledby") == f"t-{kind} d-{kind}"
        rows = [re.findall("<td>([^<]*)</td>", cells) for _, cells in ROW.findall(shown)]
        assert len(rows) == 12
        answer = await claire.get(f"/indicateurs/{kind}.csv?territoire=94-ouest")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"] == f'attachment; filename="{kind}-94-ouest.csv"'
        assert [cells for _, *cells in read(answer.content)[1:13]] == rows


async def test_small_counts_are_words_in_the_page_the_chart_and_the_file(claire: Visitor) -> None:
    page = (await claire.get("/indicateurs")).text
    consents, circles = section(page, "consents"), section(page, "circles")
    assert consents.count("<td>moins de 5</td>") == 12
    assert "moins de 5 la semaine du" in consents, "the chart in words"
    assert 'fill="url(#h-consents)"' in consents, "the chart"
    assert "Tous les nombres de ces semaines sont masqués." in consents
    assert circles.count("<td>1235</td>") == 12
    assert "arrondi au multiple de 5 inférieur" in circles
    assert section(page, "places").count("<td>moins de 5</td>") == 12
    assert section(page, "structures").count("<td>0</td>") == 12
    file = read((await claire.get("/indicateurs/consents.csv?territoire=94-ouest")).content)
    assert {row[1] for row in file[1:13]} == {"moins de 5"}


async def test_without_consent_its_counts_are_said_to_be_unknown_and_the_rest_is_there(
    claire: Visitor, circles: CountsOfTests
) -> None:
    circles.told = None
    page = (await claire.get("/indicateurs")).text
    assert "Pas connu en ce moment" in section(page, "circles")
    assert "<table" not in section(page, "consents")
    assert section(page, "structures").count("<td>0</td>") == 12
    assert read((await claire.get("/indicateurs/circles.csv?territoire=94-ouest")).content)[1] == ["inconnu", "inconnu"]


async def test_messages_are_told_masked_where_few_wrote_or_said_to_be_unknown(
    claire: Visitor, messages: MessagesOfTests
) -> None:
    shown = section((await claire.get("/indicateurs")).text, "messages")
    assert (shown.count("<td>masqué</td>"), shown.count("<td>840</td>")) == (1, 11)
    assert "Si moins de 5 professionnels ont écrit, le nombre est masqué ; au-delà, il est arrondi" in shown
    assert "moins de 5 la" not in shown, "that few wrote, not that few was written"
    file = read((await claire.get("/indicateurs/messages.csv?territoire=94-ouest")).content)
    assert (file[0], [row[1] for row in file[1:13]]) == (["Semaine du", "Messages écrits"], ["masqué", *["840"] * 11])
    messages.away = True
    page = (await claire.get("/indicateurs")).text
    assert "le service qui compte les messages ne répond pas" in section(page, "messages")
    assert section(page, "circles").count("<td>1235</td>") == 12
    file = read((await claire.get("/indicateurs/messages.csv?territoire=94-ouest")).content)
    assert file[1] == ["inconnu", "inconnu"]


async def test_the_address_says_which_weeks_and_which_territory(visitor: Visitor, appointed: Appoint) -> None:
    await visitor.log_in(await appointed("94-ouest", "95-sud"))
    page = (await visitor.get("/indicateurs?territoire=95-sud&from=2026-03-04&to=2026-03-20")).text
    assert [week for week, _ in ROW.findall(section(page, "structures"))] == [
        "2 mars 2026",
        "9 mars 2026",
        "16 mars 2026",
    ]
    query = "territoire=95-sud&from=2026-03-04&to=2026-03-20"
    file = read((await visitor.get(f"/indicateurs/structures.csv?{query}")).content)
    assert [row[0] for row in file] == ["Semaine du", "2026-03-02", "2026-03-09", "2026-03-16"]
    assert '<option value="95-sud" selected>' in page
    assert 'value="2026-03-04"' in page
    assert "/indicateurs/structures.csv?territoire=95-sud&amp;from=2026-03-04&amp;to=2026-03-20" in page


@pytest.mark.parametrize(
    ("query", "status", "reason"),
    [
        ("from=2026-03-20&to=2026-03-02", 400, "MOMENT_INVALID"),
        ("from=2020-01-01", 400, "MOMENT_INVALID"),
        ("to=2999-01-01", 400, "MOMENT_INVALID"),
        ("from=demain", 400, "DAY_INVALID"),
        ("to=2026-02-30", 400, "DAY_INVALID"),
        ("territoire=95-sud", 404, ""),
        ("territoire=atlantide", 400, "TERRITORY_UNKNOWN"),
        ("territoire=%3Cscript%3Ealert(1)%3C/script%3E", 400, "TERRITORY_UNKNOWN"),
    ],
)
async def test_what_cannot_be_shown_is_refused_by_page_and_file(
    claire: Visitor, query: str, status: int, reason: str
) -> None:
    answer = await claire.get(f"/indicateurs?{query}")
    assert (answer.status_code, reason in answer.text) == (status, True)
    assert "<script>alert" not in answer.text
    territory = "" if "territoire" in query else "territoire=94-ouest&"
    assert (await claire.get(f"/indicateurs/structures.csv?{territory}{query}")).status_code == status


async def test_a_file_that_does_not_exist_is_none_and_no_header_is_made_of_an_address(claire: Visitor) -> None:
    for kind in ("diagnostics", "..", "a%22%0d%0aSet-Cookie: a=b"):
        assert (await claire.get(f"/indicateurs/{kind}.csv?territoire=94-ouest")).status_code in (400, 404)
    assert (await claire.get("/indicateurs/offers.csv")).status_code == 400


async def test_whose_territories_are_all_gone_is_told_what_to_do(
    visitor: Visitor, appointed: Appoint, database: Database
) -> None:
    await visitor.log_in(await appointed("94-ouest"))
    async with database.transaction() as transaction:
        await transaction.execute(update(administrator_territory).values(territory="99-ailleurs"))
    page = await visitor.get("/indicateurs")
    assert (page.status_code, "rien à compter" in page.text) == (200, True)


async def test_a_stranger_is_sent_to_log_in(visitor: Visitor) -> None:
    assert (await visitor.get("/indicateurs")).status_code in (303, 401)
    assert (await visitor.get("/indicateurs/offers.csv?territoire=94-ouest")).status_code in (303, 401)


def test_a_cell_that_a_spreadsheet_would_compute_is_text() -> None:
    parts = [series("enrolled", [9], label) for label in ('=cmd|" /C calc"!A0', "-2+3")]
    (one,) = indicating.shown([series("enrolled", [18]), *parts])
    header = read(indicating.table(one))[0]
    assert header == ["Semaine du", "Ensemble", "'-2+3", '\'=cmd|" /C calc"!A0']


def test_of_a_kind_with_parts_nothing_says_which_masked_count_is_the_small_one() -> None:
    told = [
        series("enrolled", [20, 20], smallest=5),
        series("enrolled", [None, 12], "Infirmier", smallest=5),
        series("enrolled", [None, 8], "Médecin", smallest=5),
    ]
    (one,) = indicating.shown(told)
    assert one.rows == (("20", "masqué", "masqué"), ("20", "12", "8"))
    assert "permettent de le calculer" in one.told


def test_more_professions_than_a_chart_bears_are_left_to_the_table() -> None:
    parts = [series("enrolled", [number], f"Métier {number:02}") for number in range(1, 9)]
    (one,) = indicating.shown([series("enrolled", [36]), *parts])
    assert one.chart is not None
    assert [line.label for line in one.chart.lines] == ["Ensemble", "Métier 08", "Métier 07", "Métier 06", "Métier 05"]
    assert (one.others, len(one.columns)) == (4, 9)


@given(st.integers(0, 10**7))
def test_axes_are_round_short_and_high_enough(highest: int) -> None:
    ticks = charts.scale(highest)
    assert ticks[0] == 0
    assert ticks[-1] >= highest
    assert 2 <= len(ticks) <= 6
    assert len({after - before for before, after in pairwise(ticks)}) == 1


def test_a_line_is_broken_where_a_count_is_not_told_and_the_week_is_hatched() -> None:
    made = charts.chart([("a", [10, None, 20, 20])], ["1", "2", "3", "4"])
    (line,) = made.lines
    assert line.path.count("M") == 2
    assert line.path.count("L") == 1
    ((left, width),) = made.hidden
    assert made.left < left < left + width < made.right
    assert [tick.label for tick in made.across] == ["1", "2", "3", "4"]


@given(st.integers(1, 106), st.booleans())
def test_everything_is_drawn_inside_of_the_frame(weeks: int, hidden: bool) -> None:
    values = [None if hidden and week % 3 == 0 else week * 7 for week in range(weeks)]
    made = charts.chart([("a", values)], [str(week) for week in range(weeks)])
    for left, width in made.hidden:
        assert made.left <= left < left + width <= made.right
    for x, y in re.findall(r"[ML](\S+) ([\d.]+)", made.lines[0].path):
        assert made.left <= float(x) <= made.right
        assert made.top <= float(y) <= made.bottom
    assert len(made.across) <= 4
