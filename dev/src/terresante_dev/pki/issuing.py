"""How a certificate is built and put on disk, whoever issues it: keys, extensions, files, locks."""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Key = ec.EllipticCurvePrivateKey
Extension = tuple[x509.ExtensionType, bool]
"""An extension and whether it is critical."""

DAY = timedelta(days=1)
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: Key


def now() -> datetime:
    """This moment without microseconds, which certificates cannot carry."""
    return datetime.now(UTC).replace(microsecond=0)


def usage(*wanted: str) -> x509.KeyUsage:
    """A KeyUsage extension with exactly these bits set."""
    return x509.KeyUsage(**{bit: bit in wanted for bit in _USAGES})


def issue(
    subject: x509.Name,
    *,
    issuer: Issued | None,
    start: datetime,
    end: datetime,
    extensions: Sequence[Extension],
) -> Issued:
    """A certificate on a fresh P-256 key, signed by `issuer` (by itself when there is none).

    Subject and authority key identifiers are always added: strict verifiers ask for them.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return Issued(builder.sign(signer, hashes.SHA256()), key)


def authority(subject: x509.Name, *, issuer: Issued | None = None, path_length: int) -> Issued:
    """A certificate authority valid for ten years."""
    moment = now()
    return issue(
        subject,
        issuer=issuer,
        start=moment - DAY,
        end=moment + 3650 * DAY,
        extensions=[
            (x509.BasicConstraints(ca=True, path_length=path_length), True),
            (usage("key_cert_sign", "crl_sign"), True),
        ],
    )


def pem(certificate: x509.Certificate) -> bytes:
    """The certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def keep(folder: Path, name: str, issued: Issued, *chain: x509.Certificate) -> None:
    """Writes `<name>.key` (0600), then `<name>.pem`: the certificate followed by `chain`."""
    secret = issued.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write(folder / f"{name}.key", secret, mode=0o600)
    write(folder / f"{name}.pem", b"".join(map(pem, (issued.certificate, *chain))))


def kept(folder: Path, name: str) -> Issued:
    """What `keep` wrote. Raises FileNotFoundError."""
    key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
    if not isinstance(key, Key):
        raise TypeError(f"{name}.key is not an elliptic curve key")
    return Issued(x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes()), key)


def has(folder: Path, name: str) -> bool:
    """Whether both files of `keep` are there."""
    return (folder / f"{name}.pem").exists() and (folder / f"{name}.key").exists()


def write(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replaces a file at once: a reader sees the old content or the new, never half of it."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=mode)
    draft.write_bytes(content)
    draft.replace(path)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Makes the folder and keeps other processes out of it meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
