"""Reads a file on its standard input, in a process of its own with bounded memory and time, and tells each line.

Out comes a JSON array a line: number, rejected, reasons, then [kind, key, content] of each thing said; at the end
`{"end": true}`, or `{"failure": sentence}` when the file as a whole does not read.
"""

import io
import json
import os
import resource
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TextIO

from terresante_platform.refusals import Refusal

from terresante_directory import gazetteer, reference
from terresante_directory.domain.facts import SubjectKind
from terresante_directory.domain.imports import fhir
from terresante_directory.domain.imports.annuaire import Annuaire
from terresante_directory.domain.imports.finess import Finess
from terresante_directory.domain.imports.formats import MAX_BUNDLE_BYTES, Format, too_large, unreadable
from terresante_directory.domain.imports.own import OwnTable
from terresante_directory.domain.imports.said import Line, NotSaid, Said, must_be_readable
from terresante_directory.imports import workbook
from terresante_directory.imports.lines import Cut, cut_lines, raw_lines, separator_of

MAX_MEMORY = 1 << 30
MAX_SECONDS = 1_800
Read = Callable[[int, Sequence[str]], Line | None]


def lines(file: io.BufferedReader, format: Format, encoding: str) -> Iterator[Line]:
    """What each line says, or why it is rejected. Raises `FileUnreadable`, `FileTooLarge` for the whole."""
    professions = frozenset(reference.professions())
    match format:
        case Format.ROR_FHIR:
            yield from _resources(file)
        case Format.FINESS:
            yield from _read(cut_lines(file, encoding, ";", quoted=False), Finess().line, 0, encoding)
        case Format.ANNUAIRE:
            cuts = cut_lines(file, encoding, "|", quoted=False)
            annuaire = Annuaire(_header(cuts), professions)
            yield from _read(cuts, annuaire.line, annuaire.width, encoding)
        case Format.OWN_TABLE:
            cuts = _own(file, encoding)
            table = OwnTable(_header(cuts), professions)
            yield from map(_in_its_commune(), _read(cuts, table.line, table.width, encoding))


def _own(file: io.BufferedReader, encoding: str) -> Iterator[Cut]:
    if encoding == "xlsx":
        return workbook.rows(workbook.opened(io.BytesIO(file.read())))
    start = file.peek(4096)[:4096].split(b"\n")[0].decode(encoding, "replace")
    return cut_lines(file, encoding, separator_of(start), quoted=True)


def _header(cuts: Iterator[Cut]) -> Sequence[str]:
    first = next(cuts, None)
    if first is None or first.fault:
        raise unreadable("sa première ligne n’est pas un en-tête.")
    return first.cells


def _read(cuts: Iterable[Cut], read: Read, width: int, encoding: str) -> Iterator[Line]:
    """`width`: of the header; 0 where the reader counts itself."""
    guessed = encoding not in ("utf-8", "xlsx")
    for cut in cuts:
        try:
            if cut.fault:
                raise NotSaid(cut.fault)
            if width and len(cut.cells) != width:
                raise NotSaid("WRONG_FIELD_COUNT")
            line = read(cut.number, cut.cells)
            line = line and must_be_readable(line)
        except NotSaid as why:
            line = Line(cut.number, reasons=(why.reason,), rejected=True)
        if line is not None:
            told = ("ENCODING_GUESSED",) if guessed and not cut.is_plain else ()
            yield line.because(*cut.doubts, *told)


def _resources(file: io.BufferedReader) -> Iterator[Line]:
    """NDJSON, or one Bundle, which is told apart by its first line."""
    raw = raw_lines(file)
    first = next(raw, b"")
    alone = None if first is None else _json(first)
    if alone is None or alone.get("resourceType") == "Bundle":
        yield from _bundle([first, *raw])
        return
    for number, one in enumerate(_with(first, raw), start=1):
        if one is None or one.strip():
            yield _resource(number, None if one is None else _json(one), "CELL_TOO_LARGE" if one is None else "")


def _bundle(parts: Iterable[bytes | None]) -> Iterator[Line]:
    kept, size = [], 0
    for part in parts:
        if part is None:
            raise unreadable("une ligne est trop longue ; donnez le Bundle sur plusieurs lignes, ou en NDJSON.")
        size += len(part)
        if size > MAX_BUNDLE_BYTES:
            raise too_large()
        kept.append(part)
    bundle = _json(b"\n".join(kept))
    if bundle is None or bundle.get("resourceType") != "Bundle" or not isinstance(bundle.get("entry"), list):
        raise unreadable("ce n’est ni un Bundle ni du NDJSON.")
    for number, entry in enumerate(bundle["entry"], start=1):
        yield _resource(number, entry.get("resource") if isinstance(entry, dict) else None)


def _with(first: bytes | None, rest: Iterator[bytes | None]) -> Iterator[bytes | None]:
    yield first
    yield from rest


def _resource(number: int, resource: object, fault: str = "") -> Line:
    try:
        if fault:
            raise NotSaid(fault)
        return must_be_readable(fhir.line(number, resource))
    except NotSaid as why:
        return Line(number, reasons=(why.reason,), rejected=True)


def _json(raw: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _in_its_commune() -> Callable[[Line], Line]:
    """Our tables give communes by code: their names are the gazetteer's."""
    names = {code: one.name for code, one in gazetteer.load().communes.items()}

    def named(line: Line) -> Line:
        if not line.said or line.said[0].kind is not SubjectKind.STRUCTURE:
            return line
        said = line.said[0]
        code = said.content.get("commune_code", "")
        if not code:
            return line
        if code not in names:
            return line.because("COMMUNE_UNKNOWN")
        content = {**said.content, "commune": names[code]}
        return Line(line.number, (Said(said.kind, said.key, content), *line.said[1:]), line.reasons)

    return named


def tell(found: Iterable[Line], out: TextIO) -> None:
    """Each as JSON, then how it ended."""
    try:
        for line in found:
            said = [[one.kind.value, one.key, one.content] for one in line.said]
            out.write(json.dumps([line.number, line.rejected, line.reasons, said], ensure_ascii=False) + "\n")
        out.write('{"end": true}\n')
    except Refusal as refusal:
        out.write(json.dumps({"failure": refusal.sentence}, ensure_ascii=False) + "\n")
    except MemoryError:
        out.write(json.dumps({"failure": "Ce fichier demande trop de mémoire."}, ensure_ascii=False) + "\n")
    out.flush()


def main(format: str, encoding: str) -> None:
    """See the module."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    sys.stdout.reconfigure(encoding="utf-8", line_buffering=False)  # type: ignore[union-attr]
    with os.fdopen(0, "rb") as file:
        tell(lines(file, Format(format), encoding), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
