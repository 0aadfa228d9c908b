"""Right calls of files taken into the directory, and of what sources say otherwise (see `operations.py`)."""

from typing import Any

from terresante.directory.v1 import import_service_pb2 as imports
from terresante.directory.v1 import ror_service_pb2 as ror

from .ror_calls import ACT
from .things import PRACTICE, THING, V3, Right, at

FILE = imports.Import(
    import_id=THING,
    format=imports.SOURCE_FORMAT_OWN_TABLE,
    file_name="equipe.csv",
    state=imports.IMPORT_STATE_READY,
    at=at(),
    administrator_name="Claire Durand",
    bytes_read=210,
    bytes_total=210,
    counts=[imports.LineCount(outcome=imports.LINE_OUTCOME_NEW, lines=2, chosen=1)],
    version=3,
)
LINE = imports.ImportLine(
    number=2,
    outcome=imports.LINE_OUTCOME_CONFLICT,
    subject=ror.Subject(kind="structure", id=PRACTICE),
    label="Cabinet des Lilas",
    reasons=["FINESS_KEY"],
    sentence="La clé du FINESS est fausse.",
    fields=[ror.FieldChange(field="name", before="Cabinet des Lilas", after="Cabinet du Lilas")],
)
DIFFERENCE = imports.Difference(
    difference_id=f"finess.structure.{PRACTICE}.name.0123456789abcdef",
    subject=ror.Subject(kind="structure", id=PRACTICE),
    label="Cabinet des Lilas",
    field="name",
    local_value="Cabinet des Lilas",
    source_value="Cabinet du Lilas",
    local_at=at(),
    source_at=at(),
    keeping=imports.Keeping(administrator_name="Claire Durand", at=at(), why="Enseigne"),
)
SENT = [
    ("description", (None, '{"format": "own_table", "file_name": "equipe.csv", "complete": true}')),
    ("content", ("equipe.csv", b"rpps;nom\n", "text/csv")),
]
PATH = f"/v1/imports/{THING}"


async def taken(messages: Any) -> imports.UploadFileResponse:
    """A directory that reads a whole file."""
    async for _ in messages:
        pass
    return imports.UploadFileResponse(import_id=THING)


def whole(**changes: Any) -> dict[str, Any]:
    """The field `import`, a word of Python."""
    return {"import": FILE, **changes}


IMPORTS = [
    Right("send_import", "POST", "/v1/imports", "administrator", "directory.UploadFile", taken, files=SENT,
        status=202),
    Right("list_imports", "GET", "/v1/imports?limit=10&state=ready", "administrator", "directory.ListImports",
        imports.ListImportsResponse(imports=[FILE]), request=imports.ListImportsRequest(limit=10,
            states=[imports.IMPORT_STATE_READY])),
    Right("get_import", "GET", PATH, "administrator", "directory.GetImport", imports.GetImportResponse(**whole()),
        request=imports.GetImportRequest(import_id=THING)),
    Right("list_import_lines", "GET", f"{PATH}/lines?outcome=new&outcome=conflict&limit=200", "administrator",
        "directory.ListImportLines", imports.ListImportLinesResponse(lines=[LINE, imports.ImportLine(number=3,
            outcome=imports.LINE_OUTCOME_REJECTED)]),
        request=imports.ListImportLinesRequest(import_id=THING, limit=200,
            outcomes=[imports.LINE_OUTCOME_NEW, imports.LINE_OUTCOME_CONFLICT])),
    Right("choose_import_lines", "POST", f"{PATH}/choices", "administrator", "directory.ChooseLines",
        imports.ChooseLinesResponse(**whole()), json={"outcome": "new", "chosen": True},
        request=imports.ChooseLinesRequest(import_id=THING, outcome=imports.LINE_OUTCOME_NEW, chosen=True)),
    Right("apply_import", "POST", f"{PATH}/application", "administrator", "directory.ApplyImport",
        imports.ApplyImportResponse(**whole()), status=202, json={"why": "Équipe de mars"}, headers=V3,
        request=imports.ApplyImportRequest(import_id=THING, version=3, why="Équipe de mars")),
    Right("discard_import", "DELETE", PATH, "administrator", "directory.DiscardImport",
        imports.DiscardImportResponse(**whole()), request=imports.DiscardImportRequest(import_id=THING)),
    Right("list_differences", "GET", f"/v1/differences?source=finess&kind=structure&id={PRACTICE}&kept=true",
        "administrator", "directory.ListDifferences",
        imports.ListDifferencesResponse(differences=[DIFFERENCE], total=1),
        request=imports.ListDifferencesRequest(source="finess", kept=True, limit=50,
            subject=ror.Subject(kind="structure", id=PRACTICE))),
    Right("settle_differences", "POST", "/v1/settlements", "administrator", "directory.SettleDifferences",
        imports.SettleDifferencesResponse(act=ACT), status=201,
        json={"difference_ids": [DIFFERENCE.difference_id], "settlement": "take_source", "why": "Enseigne"},
        request=imports.SettleDifferencesRequest(difference_ids=[DIFFERENCE.difference_id],
            settlement=imports.SETTLEMENT_TAKE_SOURCE, why="Enseigne")),
]  # fmt: skip
