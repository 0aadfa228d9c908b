"""The authority between the parts of one stack: whoever holds a certificate of it is a part of the stack."""

from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from terresante_dev.pki import issuing
from terresante_dev.pki.issuing import DAY, Issued

_RENEW_BEFORE = 30 * DAY


def internal_ca(folder: Path) -> Path:
    """The path of `<folder>/ca.pem`, made with `ca.key` unless it exists."""
    with issuing.alone(folder):
        _ca(folder)
    return folder / "ca.pem"


def service_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """`<folder>/<name>.pem` (certificate, then the CA) and `<folder>/<name>.key`.

    Good as server and as client, for `<name>.svc`, `localhost` and `127.0.0.1`. What exists is kept
    as long as it was issued by this very CA and is valid for another month.
    """
    with issuing.alone(folder):
        ca = _ca(folder)
        if not (issuing.has(folder, name) and _serves(issuing.kept(folder, name), ca)):
            issuing.keep(folder, name, _issue(ca, name), ca.certificate)
    return folder / f"{name}.pem", folder / f"{name}.key"


def _ca(folder: Path) -> Issued:
    if not issuing.has(folder, "ca"):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Terr-eSanté stack CA")])
        issuing.keep(folder, "ca", issuing.authority(subject, path_length=0))
    return issuing.kept(folder, "ca")


def _issue(ca: Issued, name: str) -> Issued:
    moment = issuing.now()
    names = [
        x509.DNSName(f"{name}.svc"),
        x509.DNSName("localhost"),
        x509.IPAddress(ip_address("127.0.0.1")),
    ]
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    return issuing.issue(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name}.svc")]),
        issuer=ca,
        start=moment - DAY,
        end=moment + 365 * DAY,
        extensions=[
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (issuing.usage("digital_signature"), True),
            (x509.ExtendedKeyUsage(purposes), False),
            (x509.SubjectAlternativeName(names), False),
        ],
    )


def _serves(issued: Issued, ca: Issued) -> bool:
    try:
        issued.certificate.verify_directly_issued_by(ca.certificate)
    except (InvalidSignature, ValueError):
        return False
    return issued.certificate.not_valid_after_utc > issuing.now() + _RENEW_BEFORE
