"""The subject of an organisation's certificate, by which a machine is known: as people write it, and as it is compared.

People write it by RFC 4514, the most specific part first: `CN=dpi.hopital.example,OU=…,O=…,C=FR`. Keycloak knows a
certificate by the canonical form of Java's X500Principal, which ignores case and runs of spaces; a subject that this
form cannot say (rare attributes, parts of several values) is refused rather than kept and never matched.
"""

import re
import unicodedata
from dataclasses import dataclass

from terresante_platform.refusals import Conflict, Invalid

from terresante_directory.domain import words

KINDS = ("CN", "OU", "O", "STREET", "L", "ST", "C")
MAX_SUBJECT = 255
"""Characters of each form: what Keycloak compares as a whole."""
SPECIAL = frozenset(',+"\\<>;')
ESCAPED = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.)", re.DOTALL)
PART = re.compile(r"\s*([A-Za-z]+)\s*=((?:[^\\,+\"<>;]|\\.)*)(?:,|\Z)", re.DOTALL)
SPACES = re.compile(r" +")


class CertificateSubjectInvalid(Invalid):
    reason = "CERTIFICATE_SUBJECT_INVALID"


class CertificateSubjectTaken(Conflict):
    reason = "CERTIFICATE_SUBJECT_TAKEN"


@dataclass(frozen=True, slots=True)
class CertificateSubject:
    """`text`: RFC 4514, as shown. `key`: the canonical form, by which two subjects are the same."""

    text: str
    key: str


def certificate_subject(text: str) -> CertificateSubject:
    """A subject as typed. Raises `CertificateSubjectInvalid`."""
    parts = _parts(text)
    kinds = [kind for kind, _ in parts]
    if "CN" not in kinds or "C" in kinds[:-1]:
        raise _invalid()
    subject = CertificateSubject(
        ",".join(f"{kind}={_written(value)}" for kind, value in parts),
        ",".join(_compared(kind, value) for kind, value in parts),
    )
    if max(len(subject.text), len(subject.key)) > MAX_SUBJECT:
        raise _invalid()
    return subject


def subject_taken() -> CertificateSubjectTaken:
    """The refusal for a subject that another feeder has: with two, Keycloak would let in neither."""
    return CertificateSubjectTaken(
        "Un autre système se connecte déjà avec ce certificat.", "Donnez à chaque système son propre certificat."
    )


def _parts(text: str) -> list[tuple[str, str]]:
    """The attributes in the order written: kind in upper case, value without escapes."""
    parts: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        part = PART.match(text, at)
        if part is None:
            raise _invalid()
        kind = {"S": "ST"}.get(part[1].upper(), part[1].upper())
        value = _read(part[2])
        if kind not in KINDS or not value.strip() or not words.is_readable(value):
            raise _invalid()
        parts.append((kind, value))
        at = part.end()
    if not parts or text.rstrip().endswith(","):
        raise _invalid()
    return parts


def _read(written: str) -> str:
    """The value without its escapes; spaces at its ends count only where they are escaped."""
    bare = written.lstrip(" ")
    if bare.startswith("#"):
        raise _invalid()
    kept = bare.rstrip(" ")
    if len(kept) < len(bare) and (len(kept) - len(kept.rstrip("\\"))) % 2:
        kept += " "
    try:
        return ESCAPED.sub(lambda found: _bytes(found[1]) if found[1] else found[2], kept)
    except UnicodeDecodeError:
        raise _invalid() from None


def _bytes(written: str) -> str:
    return bytes.fromhex(written.replace("\\", "")).decode("utf-8")


def _written(value: str) -> str:
    """By RFC 4514 §2.4."""
    inside = "".join(f"\\{sign}" if sign in SPECIAL else sign for sign in value)
    if inside.startswith((" ", "#")):
        inside = f"\\{inside}"
    return f"{inside[:-1]}\\ " if inside.endswith(" ") and len(inside) > 2 else inside


def _compared(kind: str, value: str) -> str:
    """As Java's AVA.toRFC2253CanonicalString writes it."""
    escaped = "".join(f"\\{sign}" if sign in SPECIAL else sign for sign in value)
    if escaped.startswith("#"):
        escaped = f"\\{escaped}"
    folded = f"{kind}={SPACES.sub(' ', escaped).strip()}".upper().lower()
    return unicodedata.normalize("NFKD", folded)


def _invalid() -> CertificateSubjectInvalid:
    return CertificateSubjectInvalid(
        "Le sujet du certificat n’est pas lisible.",
        "Recopiez-le comme « CN=dpi.hopital.example,O=Hôpital,C=FR », du plus précis au pays, "
        "avec CN, OU, O, STREET, L, ST et C seulement.",
    )
