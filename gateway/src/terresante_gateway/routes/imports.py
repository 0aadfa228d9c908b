"""/imports: files of others on their way into the directory, looked at line by line."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field, model_validator
from terresante.directory.v1 import import_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.operation import Authz, Id, To, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.routes.directory_acts import FieldChange, SubjectKind
from terresante_gateway.routes.sheets import ADMINISTRATORS
from terresante_gateway.words import Input

router = APIRouter(prefix="/v1/imports", tags=["Imports dans l’annuaire"])

SourceFormat = Literal["annuaire", "finess", "ror_fhir", "own_table"]
FORMATS = codes_of(pb.SourceFormat, "SOURCE_FORMAT_")
ImportState = Literal["reading", "ready", "applying", "applied", "failed", "discarded"]
STATES = codes_of(pb.ImportState, "IMPORT_STATE_")
LineOutcome = Literal["same", "new", "changed", "gone", "conflict", "rejected", "elsewhere"]
OUTCOMES = codes_of(pb.LineOutcome, "LINE_OUTCOME_")
LARGEST_NUMBER = 2**62


class LineCount(Struct):
    """Combien de lignes d’une sorte, et combien sont choisies."""

    outcome: LineOutcome
    lines: int
    chosen: int


class Import(Struct):
    """Un fichier en chemin."""

    id: str
    format: SourceFormat
    file_name: Annotated[str, Meta(examples=["extraction.txt"])]
    territory_code: Annotated[str | None, Meta(description="null : tous ceux de l’administrateur")]
    state: ImportState
    at: datetime
    administrator_name: str
    bytes_read: int
    bytes_total: int
    counts: list[LineCount]
    failure: Annotated[str | None, Meta(description="Pourquoi il n’a pas pu être lu jusqu’au bout")]
    act_id: Annotated[str | None, Meta(description="L’opération qui l’a appliqué : elle se défait")]
    version: Annotated[int, Meta(description="À renvoyer dans If-Match", ge=1)]

    @classmethod
    def of(cls, one: pb.Import) -> "Import":
        """From the service's message."""
        return cls(
            one.import_id,
            FORMATS.word[one.format],
            one.file_name,
            one.territory_code or None,
            STATES.word[one.state],
            words.read(one.at),
            one.administrator_name,
            one.bytes_read,
            one.bytes_total,
            [LineCount(OUTCOMES.word[count.outcome], count.lines, count.chosen) for count in one.counts],
            one.failure or None,
            one.act_id or None,
            one.version,
        )


class Imports(Struct):
    """Une page d’imports, le plus récent d’abord."""

    items: list[Import]
    next_cursor: str | None


class ImportLine(Struct):
    """Une ligne du fichier, ce qu’elle ferait, et pourquoi."""

    number: Annotated[int, Meta(description="Dans le fichier, à partir de 1", ge=1)]
    outcome: LineOutcome
    chosen: bool
    kind: SubjectKind | None
    subject_id: Annotated[str | None, Meta(description="null : elle le créerait")]
    label: str
    reasons: Annotated[list[str], Meta(examples=[["FINESS_KEY"]])]
    sentence: str
    fields: Annotated[list[FieldChange], Meta(description="La valeur d’ici, puis celle du fichier")]

    @classmethod
    def of(cls, one: pb.ImportLine) -> "ImportLine":
        """From the service's message."""
        return cls(
            one.number,
            OUTCOMES.word[one.outcome],
            one.chosen,
            one.subject.kind or None,  # type: ignore[arg-type]  # one of the directory's
            one.subject.id or None,
            one.label,
            list(one.reasons),
            one.sentence,
            [FieldChange(field.field, field.before or None, field.after or None) for field in one.fields],
        )


class ImportLines(Struct):
    """Une page de lignes, dans l’ordre du fichier."""

    items: list[ImportLine]
    next_cursor: str | None


class ImportsQuery(ListQuery):
    """Quels imports."""

    state: list[ImportState] = Field(default_factory=list, max_length=6, description="Répétable ; aucun : tous")


class ImportLinesQuery(ListQuery):
    """Quelles lignes."""

    limit: int = Field(100, ge=1, le=200, description="Éléments par page, au plus", examples=[20])
    outcome: list[LineOutcome] = Field(
        default_factory=list, max_length=7, description="Répétable ; aucune : toutes sauf same et elsewhere"
    )


class LineChoice(Input):
    """Des lignes par leur numéro, ou toutes celles d’une sorte."""

    numbers: list[Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]] = Field(default_factory=list, max_length=1_000)
    outcome: Literal["new", "changed", "gone", "conflict"] | None = None
    chosen: bool = Field(description="Les appliquer, ou les laisser")

    @model_validator(mode="after")
    def _one(self) -> "LineChoice":
        if bool(self.numbers) == (self.outcome is not None):
            raise ValueError("Il faut donner numbers ou outcome, un seul des deux.")
        return self


@on(router, "GET", "", "Imports", Authz("import", "list", ADMINISTRATORS), "CURSOR_INVALID", "CHOICE_INVALID",
    "ADMINISTRATOR_UNKNOWN")  # fmt: skip
async def list_imports(query: Annotated[ImportsQuery, Query()], pages: Pages, peers: To) -> Imports:
    """Ceux des territoires de l’administrateur, le plus récent d’abord."""
    states = [STATES.number[one] for one in query.state]
    request = pb.ListImportsRequest(states=states, cursor=pages.open(query), limit=query.limit)
    reply = await peers.imports.ListImports(request)
    return Imports([Import.of(one) for one in reply.imports], pages.seal(query, reply.next_cursor))


@on(router, "GET", "/{file}", "Lire un import", Authz("import", "read", ADMINISTRATORS), "IMPORT_UNKNOWN",
    "ADMINISTRATOR_UNKNOWN", etag=True)  # fmt: skip
async def get_import(file: Id, peers: To) -> Import:
    """Où il en est, et ce qu’il ferait : combien de lignes de chaque sorte."""
    reply = await peers.imports.GetImport(pb.GetImportRequest(import_id=file))
    return Import.of(getattr(reply, "import"))


@on(router, "GET", "/{file}/lines", "Lignes d’un import", Authz("import", "read", ADMINISTRATORS), "IMPORT_UNKNOWN",
    "CURSOR_INVALID", "ADMINISTRATOR_UNKNOWN")  # fmt: skip
async def list_import_lines(
    file: Id, query: Annotated[ImportLinesQuery, Query()], pages: Pages, peers: To
) -> ImportLines:
    """Ce que chacune ferait, et pourquoi, dans l’ordre du fichier."""
    reply = await peers.imports.ListImportLines(
        pb.ListImportLinesRequest(
            import_id=file,
            outcomes=[OUTCOMES.number[one] for one in query.outcome],
            cursor=pages.open(query),
            limit=query.limit,
        )
    )
    return ImportLines([ImportLine.of(one) for one in reply.lines], pages.seal(query, reply.next_cursor))


@on(router, "POST", "/{file}/choices", "Choisir des lignes d’un import", Authz("import", "choose", ADMINISTRATORS),
    "IMPORT_UNKNOWN", "IMPORT_NOT_READY", "IMPORT_APPLIED", "LINE_UNKNOWN", "CHOICE_INVALID", "ADMINISTRATOR_UNKNOWN",
    etag=True)  # fmt: skip
async def choose_import_lines(file: Id, choice: LineChoice, peers: To) -> Import:
    """Rien n’est choisi d’avance, et choisir ne change encore rien dans l’annuaire."""
    request = pb.ChooseLinesRequest(
        import_id=file,
        numbers=choice.numbers,
        outcome=OUTCOMES.number_of(choice.outcome),
        chosen=choice.chosen,
    )
    return Import.of(getattr(await peers.imports.ChooseLines(request), "import"))
