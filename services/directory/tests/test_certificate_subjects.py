"""Subjects of certificates: what RFC 4514 allows and we can compare, in the form that Keycloak compares."""

import pytest
from cryptography import x509
from terresante_directory.domain.certificates import CertificateSubjectInvalid, certificate_subject


@pytest.mark.parametrize(
    ("written", "text", "key"),
    [
        ("CN=dpi.example,C=FR", "CN=dpi.example,C=FR", "cn=dpi.example,c=fr"),
        (" cn = DPI , o=A  B ,c=FR ", "CN=DPI,O=A  B,C=FR", "cn=dpi,o=a b,c=fr"),
        ("CN=x,S=Paris,C=FR", "CN=x,ST=Paris,C=FR", "cn=x,st=paris,c=fr"),
        (r"CN=x,O=Dupont\, Durand \+ fils", r"CN=x,O=Dupont\, Durand \+ fils", r"cn=x,o=dupont\, durand \+ fils"),
        (r"CN=x,O=H\C3\B4pital", "CN=x,O=Hôpital", "cn=x,o=ho\u0302pital"),
        ("CN=x,O=Hôpital", "CN=x,O=Hôpital", "cn=x,o=ho\u0302pital"),
        (r"CN=x,O=fin\ ", r"CN=x,O=fin\ ", "cn=x,o=fin"),
        (r"CN=x,O=fin\\ ", r"CN=x,O=fin\\", r"cn=x,o=fin\\"),
        (r"CN=\#1", r"CN=\#1", r"cn=\#1"),
        ("CN=a=b", "CN=a=b", "cn=a=b"),
        ("CN=x,O=Straße", "CN=x,O=Straße", "cn=x,o=strasse"),
    ],
)
def test_a_subject_is_kept_as_written_and_compared_without_case_or_runs_of_spaces(
    written: str, text: str, key: str
) -> None:
    subject = certificate_subject(written)

    assert (subject.text, subject.key) == (text, key)
    assert certificate_subject(subject.text) == subject


@pytest.mark.parametrize("value", ["a", " ,a+b ", "#x", 'é"\\;<>', "a=b", "x #"])
def test_what_another_library_writes_is_read_as_the_same_subject(value: str) -> None:
    written = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, value)]).rfc4514_string()

    again = x509.Name.from_rfc4514_string(certificate_subject(written).text)

    assert [attribute.value for attribute in again] == [value]


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "dpi.example",
        "CN=",
        "CN= ,C=FR",
        "C=FR",
        "O=Hôpital,C=FR",
        "C=FR,O=Hôpital,CN=dpi.example",
        "CN=dpi.example,",
        ",CN=dpi.example",
        "CN=dpi.example,,C=FR",
        "CN=dpi+O=x",
        "CN=dpi;O=x",
        "CN=dpi\\",
        "CN=#0403",
        "CN=dpi,EMAILADDRESS=a@b.example",
        "CN=dpi,1.2.3=x",
        "CN=dpi\u202e",
        r"CN=\FF",
        "CN=" + "x" * 253,
        "/C=FR/CN=dpi",
    ],
)
def test_what_cannot_be_compared_is_refused(written: str) -> None:
    with pytest.raises(CertificateSubjectInvalid):
        certificate_subject(written)
