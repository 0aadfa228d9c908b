"""UTF-8 text, and CDA documents: XML whose root is a ClinicalDocument. No DTD, no entity, no network, no depth."""

import codecs
import re
from xml.parsers import expat

_ROOT = "urn:hl7-org:v3 ClinicalDocument"
_PAGES = ("http://www.w3.org/1999/xhtml ", "http://www.w3.org/2000/svg ")
"""What a browser would run the scripts of; no element of theirs is part of a CDA."""
_DEPTH_AT_MOST = 256
_TOKEN_AT_MOST = 1024 * 1024
"""Bytes of one tag, comment or instruction. Expat begins an unfinished one again at each chunk: without a limit, one
endless tag would cost the square of its length."""
_ATTRIBUTES_AT_MOST = 256
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_OTHER_LANGUAGES = (b"{\\rtf", b"%!PS", b"%PDF", b"#!")
_BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def begins_as_xml(head: bytes) -> bool:
    """Whether these first bytes are those of markup, in UTF-8 or UTF-16 with its mark."""
    for mark in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            head = head[len(mark) :].replace(b"\x00", b"") if mark != codecs.BOM_UTF8 else head[len(mark) :]
            break
    return head.lstrip(b" \t\r\n").startswith(b"<")


def begins_as_text(head: bytes) -> bool:
    """Whether these first bytes can be text that is nothing but text."""
    try:
        decoded = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return not _CONTROLS.search(decoded) and not head.startswith(_OTHER_LANGUAGES)


class Text:
    """UTF-8 to the end, without control characters."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def feed(self, chunk: bytes) -> None:
        """Goes on. Raises ValueError at what is not text (UnicodeDecodeError is one)."""
        if _CONTROLS.search(self._decoder.decode(chunk)):
            raise ValueError("a control character")

    def finish(self) -> None:
        """Raises ValueError when a character is cut."""
        self._decoder.decode(b"", final=True)


class Cda:
    """Well-formed XML to the end, whose root is a ClinicalDocument of HL7 v3. A document type declaration
    ends it at once."""

    def __init__(self) -> None:
        self._depth = 0
        self._fed = 0
        self._rooted = False
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._declare
        self._parser.EntityDeclHandler = self._declare
        self._parser.ordered_attributes = True

    def feed(self, chunk: bytes) -> None:
        """Goes on. Raises ValueError at what is not a CDA."""
        self._parse(chunk, final=False)
        self._fed += len(chunk)
        if self._fed - self._parser.CurrentByteIndex > _TOKEN_AT_MOST:
            raise ValueError("an endless tag")

    def finish(self) -> None:
        """Raises ValueError when the document is cut."""
        self._parse(b"", final=True)
        if not self._rooted:
            raise ValueError("no root")

    def _parse(self, chunk: bytes, final: bool) -> None:
        try:
            self._parser.Parse(chunk, final)
        except expat.ExpatError as fault:
            raise ValueError("not XML") from fault

    def _start(self, name: str, attributes: list[str]) -> None:
        if not self._rooted and name != _ROOT:
            raise ValueError("another root")
        if name.startswith(_PAGES):
            raise ValueError("an element of a web page")
        self._rooted = True
        self._depth += 1
        if self._depth > _DEPTH_AT_MOST or len(attributes) > 2 * _ATTRIBUTES_AT_MOST:
            raise ValueError("deeper or wider than any document")

    def _end(self, _: str) -> None:
        self._depth -= 1

    def _declare(self, *_: object) -> None:
        raise ValueError("a document type declaration")
