"""The command line: answers for every line that can be read, a reason for every line that cannot."""

import csv
from pathlib import Path

import duckdb
import pytest
from terresante_identity.cli.main import main

REGISTRY = """person_id,birth_name,first_names,birth_date,sex,birth_place
P1,LEFEBVRE,MARIE ANNE,1980-04-12,F,75113
P2,MARTIN,PAUL,1940-03-11,M,13055
P3,NGUYEN,LEA,1995-07-15,F,99243
"""
QUERIES = """query_id,birth_name,first_names,birth_date,sex,birth_place
Q1,Lefèbvre,Marie,1980-04-12,F,75013
Q2,Zola,Émile,1902-09-29,M,75102
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "r.csv").write_text(REGISTRY, encoding="utf-8")
    (tmp_path / "q.csv").write_text(QUERIES, encoding="utf-8")
    return tmp_path


def match(folder: Path, *more: str, registry: str = "r.csv", queries: str = "q.csv") -> int:
    files = ["--registry", str(folder / registry), "--queries", str(folder / queries), "--out", str(folder / "a.csv")]
    return main(["match", *files, "--quiet", *more])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_who_is_registered_is_linked_and_who_is_not_is_not(folder: Path) -> None:
    assert match(folder) == 0

    answers = rows(folder / "a.csv")
    assert answers[0].keys() == {"query_id", "person_id", "score", "decision"}
    assert (answers[0]["query_id"], answers[0]["person_id"], answers[0]["decision"]) == ("Q1", "P1", "auto")
    assert not [answer for answer in answers if answer["query_id"] == "Q2" and answer["decision"]]
    assert not (folder / "a.rejected.csv").exists()


def test_lines_that_cannot_be_read_are_told_with_their_reason_and_the_others_are_answered(folder: Path) -> None:
    bad = [
        b'Q3,"MARTIN,PAUL,1940-03-11,M,13055',
        "Q4,BÉNARD,PAUL,1940-03-11,M,13055".encode("latin-1"),
        b"Q5,MARTIN",
        b",MARTIN,PAUL,1940-03-11,M,13055",
        b"Q1,MARTIN,PAUL,1940-03-11,M,13055",
        b'Q6,"MARTIN",PAUL,1940-03-11,M,13055',
    ]
    (folder / "q.csv").write_bytes(QUERIES.encode() + b"\r\n".join(bad))

    assert match(folder) == 3

    rejected = rows(folder / "a.rejected.csv")
    assert [row["line"] for row in rejected] == ["4", "5", "6", "7", "8"]
    reasons = ["stray quote", "latin-1", "2 fields", "no identifier", "already used"]
    assert all(reason in row["reason"] for reason, row in zip(reasons, rejected, strict=True))
    assert {row["query_id"] for row in rows(folder / "a.csv")} >= {"Q1", "Q6"}


def test_a_latin_1_file_is_read_when_told_so(folder: Path) -> None:
    (folder / "q.csv").write_text(QUERIES, encoding="latin-1")

    assert match(folder, "--encoding", "latin-1") == 0
    assert rows(folder / "a.csv")[0]["decision"] == "auto"


def test_other_columns_are_mapped_and_those_that_lack_are_done_without(folder: Path) -> None:
    (folder / "r.csv").write_text("id;surname;given;middle;dob\n7;MULLER;ANNA;EVA;19800412\n", encoding="utf-8")
    (folder / "q.csv").write_text("id;surname;given;middle;dob\n1;MULLER;ANNA;EVA;12/04/1980\n", encoding="utf-8")
    (folder / "map.toml").write_text(
        'birth_name = "surname"\nfirst_names = ["given", "middle"]\ndob = "birth_date"\n'
        '[registry]\nperson_id = "id"\n[queries]\nquery_id = "id"\n',
        encoding="utf-8",
    )

    assert match(folder, "--columns", str(folder / "map.toml")) == 0
    assert [(row["query_id"], row["person_id"]) for row in rows(folder / "a.csv")] == [("1", "7")]


def test_parquet_is_read_like_csv(folder: Path) -> None:
    for name in ("r", "q"):
        duckdb.sql(f"COPY (FROM '{folder / name}.csv') TO '{folder / name}.parquet' (FORMAT parquet)")

    assert match(folder, registry="r.parquet", queries="q.parquet") == 0
    assert rows(folder / "a.csv")[0]["person_id"] == "P1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no header"),
        ("birth_name,sex\nMARTIN,M\n", "no column query_id"),
        ("query_id,age\n1,7\n", "none of the traits"),
    ],
)
def test_a_file_that_is_no_list_of_people_is_refused_as_a_whole(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    (folder / "q.csv").write_text(text, encoding="utf-8")

    assert match(folder) == 1
    assert said in capsys.readouterr().err


def test_who_is_registered_twice_is_told(folder: Path) -> None:
    with (folder / "r.csv").open("a", encoding="utf-8") as file:
        file.write("P4,Lefebvre,Marie-Anne,1980-04-12,F,75013\n")

    assert main(["dedupe", str(folder / "r.csv"), "--quiet"]) == 0

    [double] = rows(folder / "r.doubles.csv")
    assert (double["person_id"], double["other_id"], double["decision"]) == ("P1", "P4", "auto")


def test_decided_cases_change_the_scores_and_labels_of_one_kind_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = [f"P{n},NAME{chr(65 + n % 26)}X,ANNE,19{60 + n % 30}-0{1 + n % 9}-11,F,75113" for n in range(10, 60)]
    (folder / "r.csv").write_text(REGISTRY + "\n".join(people) + "\n", encoding="utf-8")
    asked = [line.replace("P", "Q", 1).replace("ANNE", "ANNA") for line in people]
    (folder / "q.csv").write_text(QUERIES + "\n".join(asked) + "\n", encoding="utf-8")
    labels = folder / "labels.csv"
    labels.write_text("query_id,person_id\nQ1,P1\n" + "\n".join(f"Q{n}," for n in range(10, 60)), encoding="utf-8")
    match(folder)
    before = {(row["query_id"], row["person_id"]): float(row["score"]) for row in rows(folder / "a.csv")}

    assert match(folder, "--refit", str(labels)) == 0

    after = {(row["query_id"], row["person_id"]): float(row["score"]) for row in rows(folder / "a.csv")}
    assert after["Q20", "P20"] < before["Q20", "P20"]
    labels.write_text("query_id,person_id\nQ2,\n", encoding="utf-8")
    assert match(folder, "--refit", str(labels)) == 1
    assert "one kind" in capsys.readouterr().err
