"""A look-alike of IGC-Santé: authorities, cards and revocation lists in its shapes, keys and names our own.

Folder of `card_authority`: `root`, `persons`, `organisations`, `foreign` (each `.pem` and `.key`),
`issuing.pem` (persons and organisations), `authorities.pem` (root and both), one `.crl` per authority, and for each
card `<name>.pem` (with its issuer), `.key`, and `.p12` for a browser (password `PKCS12_PASSWORD`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from terresante_dev.pki import issuing
from terresante_dev.pki.issuing import DAY, Issued

Authority = Literal["persons", "organisations", "foreign"]
Purpose = Literal["authentication", "signature", "server"]

POLICY = "2.999.250.71.1"
"""Certificate policy of a card, in the arc for examples. The real one is a setting of realm `pro`."""
ORGANISATION_POLICY = "2.999.250.71.2"
"""Certificate policy of an organisation's certificate; the same."""
PKCS12_PASSWORD = "carte"  # noqa: S105 -- opens test cards only, and is printed for a browser
CRL_LIFE = 30 * DAY

_NAMES: dict[str, str] = {
    "root": "TEST AC RACINE TERRE-SANTE FORT",
    "persons": "TEST AC TERRE-SANTE FORT PERSONNES",
    "organisations": "TEST AC TERRE-SANTE STANDARD ORGANISATIONS",
    "foreign": "TEST AC TERRE-SANTE FORT PERSONNES",
}


@dataclass(frozen=True, slots=True)
class Card:
    """The files of a certificate that somebody may present."""

    name: str
    certificate: Path
    key: Path
    pkcs12: Path


def card_authority(folder: Path) -> Path:
    """Makes what is missing of the authorities, and fresh revocation lists that keep every entry they had.

    `foreign` is self-signed and bears the very name of `persons`. Gives `folder` back.
    """
    with issuing.alone(folder):
        root = _authority(folder, "root", None, path_length=1)
        persons = _authority(folder, "persons", root, path_length=0)
        organisations = _authority(folder, "organisations", root, path_length=0)
        _authority(folder, "foreign", None, path_length=0)
        both = issuing.pem(persons.certificate) + issuing.pem(organisations.certificate)
        issuing.write(folder / "issuing.pem", both)
        issuing.write(folder / "authorities.pem", issuing.pem(root.certificate) + both)
        for name in _NAMES:
            _publish(folder, name, [])
    return folder


def issue_card(
    folder: Path,
    rpps: str,
    surname: str,
    given: str,
    title: str = "Médecin",
    *,
    name: str | None = None,
    authority: Authority = "persons",
    purpose: Purpose = "authentication",
    expired: bool = False,
) -> Card:
    """A CPS: `C=FR, title=…, {CN=8<rpps>, SN, GN}`, the three last in one multi-valued RDN.

    DER orders that set by the length of its values, so a long surname comes before the number and a short
    one after: read it by type, never by place. `name` of the files: the national number unless given. A card
    that exists is kept.
    """
    holder = x509.RelativeDistinguishedName(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, f"8{rpps}"),
            x509.NameAttribute(NameOID.SURNAME, surname),
            x509.NameAttribute(NameOID.GIVEN_NAME, given),
        ]
    )
    subject = x509.Name([*_rdns((NameOID.COUNTRY_NAME, "FR"), (NameOID.TITLE, title)), holder])
    return _card(folder, name or f"8{rpps}", subject, authority, purpose, expired=expired)


def issue_staff_card(folder: Path, finess: str, employee: str, structure: str, *, name: str) -> Card:
    """A CPE, of a structure's employee: `…, OU=1<finess>, …, CN=3<finess>/<employee>`, one value per RDN."""
    subject = x509.Name(
        _rdns(
            (NameOID.COUNTRY_NAME, "FR"),
            (NameOID.STATE_OR_PROVINCE_NAME, "Paris (75)"),
            (NameOID.ORGANIZATION_NAME, structure),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, f"1{finess}"),
            (NameOID.TITLE, "Carte de service santé ou social"),
            (NameOID.PSEUDONYM, f"EMPLOYE{employee}"),
            (NameOID.COMMON_NAME, f"3{finess}/{employee}"),
        )
    )
    return _card(folder, name, subject, "persons", "authentication", expired=False)


def issue_organisation(
    folder: Path,
    number: str,
    structure: str,
    common_name: str,
    *,
    name: str,
    authority: Authority = "organisations",
    purpose: Purpose = "authentication",
    policy: str = ORGANISATION_POLICY,
    expired: bool = False,
) -> Card:
    """A certificate of an organisation's machine, by the sister authority of the same root.

    `number`: SIRET or FINESS.
    """
    national = f"{'1' if len(number) == 9 else '3'}{number}"
    subject = x509.Name(
        _rdns(
            (NameOID.COUNTRY_NAME, "FR"),
            (NameOID.STATE_OR_PROVINCE_NAME, "Hauts-de-Seine (92)"),
            (NameOID.ORGANIZATION_NAME, structure),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, national),
            (NameOID.COMMON_NAME, common_name),
        )
    )
    return _card(folder, name, subject, authority, purpose, expired=expired, policy=policy)


def subject_of(card: Card) -> str:
    """The subject of its certificate, by RFC 4514."""
    return x509.load_pem_x509_certificate(card.certificate.read_bytes()).subject.rfc4514_string()


def revoke(folder: Path, name: str) -> None:
    """Puts the card on its issuer's revocation list, for good. Raises FileNotFoundError if unknown."""
    with issuing.alone(folder):
        certificate = issuing.kept(folder, name).certificate
        issuer = next(each for each in _NAMES if _issued(folder, each, certificate))
        _publish(folder, issuer, [certificate.serial_number])


def _rdns(*pairs: tuple[ObjectIdentifier, str]) -> list[x509.RelativeDistinguishedName]:
    return [x509.RelativeDistinguishedName([x509.NameAttribute(kind, value)]) for kind, value in pairs]


def _authority(folder: Path, name: str, issuer: Issued | None, *, path_length: int) -> Issued:
    if not issuing.has(folder, name):
        subject = x509.Name(
            _rdns(
                (NameOID.COUNTRY_NAME, "FR"),
                (NameOID.ORGANIZATION_NAME, "TERRE-SANTE-ESSAI"),
                (NameOID.ORGANIZATIONAL_UNIT_NAME, "0002 000000000"),
                (NameOID.ORGANIZATIONAL_UNIT_NAME, "TERRE-SANTE TEST"),
                (NameOID.COMMON_NAME, _NAMES[name]),
            )
        )
        issuing.keep(folder, name, issuing.authority(subject, issuer=issuer, path_length=path_length))
    return issuing.kept(folder, name)


def _card(
    folder: Path,
    name: str,
    subject: x509.Name,
    authority: Authority,
    purpose: Purpose,
    *,
    expired: bool,
    policy: str = POLICY,
) -> Card:
    with issuing.alone(folder):
        if not issuing.has(folder, name):
            issuer = issuing.kept(folder, authority)
            card = _sign(subject, issuer, purpose, expired, policy)
            archive = pkcs12.serialize_key_and_certificates(
                name.encode(),
                card.key,
                card.certificate,
                [issuer.certificate],
                serialization.BestAvailableEncryption(PKCS12_PASSWORD.encode()),
            )
            issuing.write(folder / f"{name}.p12", archive, mode=0o600)
            issuing.keep(folder, name, card, issuer.certificate)
    return Card(name, folder / f"{name}.pem", folder / f"{name}.key", folder / f"{name}.p12")


def _sign(subject: x509.Name, issuer: Issued, purpose: Purpose, expired: bool, policy: str) -> Issued:
    moment = issuing.now()
    bits = "content_commitment" if purpose == "signature" else "digital_signature"
    use = ExtendedKeyUsageOID.SERVER_AUTH if purpose == "server" else ExtendedKeyUsageOID.CLIENT_AUTH
    carried = x509.PolicyInformation(ObjectIdentifier(policy), None)
    return issuing.issue(
        subject,
        issuer=issuer,
        start=moment - (400 * DAY if expired else DAY),
        end=moment + (-DAY if expired else 1095 * DAY),
        extensions=[
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (issuing.usage(bits), True),
            (x509.ExtendedKeyUsage([use]), False),
            (x509.CertificatePolicies([carried]), False),
        ],
    )


def _issued(folder: Path, authority: str, certificate: x509.Certificate) -> bool:
    """By the key identifier: two of our authorities share a name."""
    kind = x509.AuthorityKeyIdentifier
    theirs = kind.from_issuer_public_key(issuing.kept(folder, authority).key.public_key())
    return certificate.extensions.get_extension_for_class(kind).value == theirs


def _publish(folder: Path, authority: str, serials: Sequence[int]) -> None:
    """Writes the list of `authority` with its present entries and these."""
    issuer, path, moment = issuing.kept(folder, authority), folder / f"{authority}.crl", issuing.now()
    entries = {entry.serial_number: entry for entry in _entries(path)}
    for serial in serials:
        revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment - DAY)
        reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
        entries.setdefault(serial, revoked.add_extension(reason, critical=False).build())
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(moment - DAY)
        .next_update(moment + CRL_LIFE)
        .add_extension(x509.CRLNumber(_number(path) + 1), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    )
    for entry in entries.values():
        builder = builder.add_revoked_certificate(entry)
    crl = builder.sign(issuer.key, hashes.SHA256())
    issuing.write(path, crl.public_bytes(serialization.Encoding.PEM))


def _entries(path: Path) -> list[x509.RevokedCertificate]:
    return list(x509.load_pem_x509_crl(path.read_bytes())) if path.exists() else []


def _number(path: Path) -> int:
    if not path.exists():
        return 0
    crl = x509.load_pem_x509_crl(path.read_bytes())
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
