"""Certificates of a stack: who accepts them, that they last, and that cards have the shapes of real ones."""

import shutil
import stat
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, ServerVerifier, Store, VerificationError
from terresante_dev import pki
from terresante_dev.personas.numbers import finess, rpps
from terresante_dev.pki.cards import PKCS12_PASSWORD

NUMBER = rpps(7)


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    return pki.card_authority(tmp_path / "cards")


@pytest.mark.parametrize("host", ["consent.svc", "localhost"])
def test_a_part_is_known_by_its_name_to_whoever_trusts_the_ca(tmp_path: Path, host: str) -> None:
    certificate, _ = pki.service_certificate(tmp_path, "consent")
    leaf, ca = x509.load_pem_x509_certificates(certificate.read_bytes())

    chain = _verifier(pki.internal_ca(tmp_path), host).verify(leaf, [])

    assert chain[-1] == ca


def test_a_part_is_not_taken_for_another(tmp_path: Path) -> None:
    certificate, _ = pki.service_certificate(tmp_path, "consent")
    leaf = x509.load_pem_x509_certificate(certificate.read_bytes())

    with pytest.raises(VerificationError):
        _verifier(pki.internal_ca(tmp_path), "records.svc").verify(leaf, [])


def test_what_exists_is_kept(tmp_path: Path) -> None:
    files = (*pki.service_certificate(tmp_path, "consent"), tmp_path / "ca.pem")
    before = [file.read_bytes() for file in files]

    pki.internal_ca(tmp_path)
    pki.service_certificate(tmp_path, "consent")

    assert [file.read_bytes() for file in files] == before


def test_a_certificate_of_a_former_ca_is_replaced(tmp_path: Path) -> None:
    certificate, _ = pki.service_certificate(tmp_path, "consent")
    for file in (tmp_path / "ca.pem", tmp_path / "ca.key"):
        file.unlink()

    pki.service_certificate(tmp_path, "consent")

    leaf = x509.load_pem_x509_certificate(certificate.read_bytes())
    leaf.verify_directly_issued_by(_certificate(tmp_path / "ca.pem"))


def test_processes_that_start_at_once_make_one_ca(tmp_path: Path) -> None:
    names = ["consent", "records", "identity", "directory"]
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as processes:
        made = list(processes.map(pki.service_certificate, [tmp_path] * 4, names))

    ca = _certificate(tmp_path / "ca.pem")
    for certificate, _ in made:
        _certificate(certificate).verify_directly_issued_by(ca)


def test_only_the_owner_reads_a_key(tmp_path: Path, cards: Path) -> None:
    _, key = pki.service_certificate(tmp_path, "consent")
    card = pki.issue_card(cards, NUMBER, "DURAND", "EVE")

    for file in (key, tmp_path / "ca.key", card.key, card.pkcs12, cards / "persons.key"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_cps_names_its_holder_in_one_part_of_several_values(cards: Path) -> None:
    subject = _certificate(pki.issue_card(cards, NUMBER, "DURAND", "EVE").certificate).subject

    parts = [[(value.oid, value.value) for value in part] for part in subject.rdns]

    assert parts[:2] == [[(NameOID.COUNTRY_NAME, "FR")], [(NameOID.TITLE, "Médecin")]]
    assert set(parts[2]) == {
        (NameOID.COMMON_NAME, f"8{NUMBER}"),
        (NameOID.SURNAME, "DURAND"),
        (NameOID.GIVEN_NAME, "EVE"),
    }


def test_the_order_inside_that_part_depends_on_the_length_of_the_name(cards: Path) -> None:
    def order(surname: str) -> list[str]:
        card = pki.issue_card(cards, NUMBER, surname, "EVE", name=surname)
        return [value.rfc4514_attribute_name for value in list(_certificate(card.certificate).subject.rdns)[2]]

    assert order("DURAND").index("CN") > order("DURAND").index("2.5.4.4")
    assert order("PHARMACIENNE-DU-NORD").index("CN") < order("PHARMACIENNE-DU-NORD").index("2.5.4.4")


def test_a_staff_card_has_a_slash_in_its_common_name(cards: Path) -> None:
    card = pki.issue_staff_card(cards, finess(1), "000000018", "PHARMACIE DU PORT", name="staff")

    (name,) = _certificate(card.certificate).subject.get_attributes_for_oid(NameOID.COMMON_NAME)

    assert name.value == f"3{finess(1)}/000000018"


def test_the_foreign_authority_has_the_name_and_not_the_key(cards: Path) -> None:
    card = pki.issue_card(cards, NUMBER, "DURAND", "EVE", authority="foreign")
    persons = _certificate(cards / "persons.pem")

    assert _certificate(card.certificate).issuer == persons.subject
    with pytest.raises(InvalidSignature):
        _certificate(card.certificate).verify_directly_issued_by(persons)


def test_a_browser_opens_the_card_with_the_published_password(cards: Path) -> None:
    card = pki.issue_card(cards, NUMBER, "DURAND", "EVE")

    _, certificate, chain = pkcs12.load_key_and_certificates(card.pkcs12.read_bytes(), PKCS12_PASSWORD.encode())

    assert certificate == _certificate(card.certificate)
    assert chain == [_certificate(cards / "persons.pem")]


def test_a_revocation_is_on_the_list_of_its_issuer_and_stays_there(cards: Path) -> None:
    card = pki.issue_card(cards, NUMBER, "DURAND", "EVE")
    kept = pki.issue_card(cards, rpps(8), "PETIT", "LUC")
    pki.revoke(cards, card.name)
    first = _crl(cards, "persons")

    pki.card_authority(cards)

    renewed = _crl(cards, "persons")
    assert _revoked(renewed, card)
    assert not _revoked(renewed, kept)
    assert not list(_crl(cards, "foreign"))
    assert renewed.is_signature_valid(_key(cards / "persons.pem"))
    assert renewed.next_update_utc
    assert renewed.next_update_utc > datetime.now(UTC)
    assert _number(renewed) > _number(first)


def test_a_card_that_was_never_made_cannot_be_revoked(cards: Path) -> None:
    with pytest.raises(FileNotFoundError):
        pki.revoke(cards, "nobody")


def test_an_authority_survives_the_loss_of_its_lists(cards: Path) -> None:
    before = (cards / "persons.pem").read_bytes()
    for crl in cards.glob("*.crl"):
        shutil.move(crl, crl.with_suffix(".lost"))

    pki.card_authority(cards)

    assert (cards / "persons.pem").read_bytes() == before
    assert {crl.stem for crl in cards.glob("*.crl")} == {"root", "persons", "organisations", "foreign"}


def _certificate(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def _verifier(ca: Path, host: str) -> ServerVerifier:
    store = Store([_certificate(ca)])
    return PolicyBuilder().store(store).time(datetime.now(UTC)).build_server_verifier(x509.DNSName(host))


def _crl(folder: Path, authority: str) -> x509.CertificateRevocationList:
    return x509.load_pem_x509_crl((folder / f"{authority}.crl").read_bytes())


def _revoked(crl: x509.CertificateRevocationList, card: pki.Card) -> bool:
    serial = _certificate(card.certificate).serial_number
    return crl.get_revoked_certificate_by_serial_number(serial) is not None


def _number(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def _key(file: Path) -> Any:
    return _certificate(file).public_key()
