"""What FHIR clients are told when they ask who somebody is: graded candidates, cross-references."""

from typing import Any

import pytest
from terresante.identity.v1 import linkage_service_pb2 as linkage
from terresante_gateway.fhir import told

from .fhir_calls import INS, INS_SYSTEM, MATCH, PIX, asking, fhir, known_as
from .linkage_calls import BARE_SOURCE, EVIDENCE, ISSUER, SOURCE
from .test_fhir_told import PLAIN, RRI, person
from .things import PATIENT, TRAITS


def candidate(decision: Any, score: float = 2.0, same_ins: bool = False) -> linkage.MatchCandidate:
    """Somebody who may be meant, as identity gives them: without INS."""
    evidence = linkage.Evidence(score=score, decision=decision, same_ins=same_ins)
    return linkage.MatchCandidate(person=person(ins_matricule="", ins_oid=""), evidence=evidence)


AUTO, REVIEW, NONE = (
    candidate(linkage.MATCH_DECISION_AUTO, 9.5),
    candidate(linkage.MATCH_DECISION_REVIEW),
    candidate(linkage.MATCH_DECISION_NONE, -800.0),
)


async def asked(http: Any, gateway: Any, candidates: list[Any], *more: dict[str, Any], **reply: Any) -> Any:
    """The Bundle of $match."""
    answer = await fhir(
        http, gateway, MATCH, reply=linkage.MatchResponse(candidates=candidates, **reply), json=asking(None, *more)
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_candidates_are_graded_and_rated_best_first(gateway: Any, http: Any) -> None:
    bundle = await asked(http, gateway, [AUTO, REVIEW, NONE])

    assert (bundle["resourceType"], bundle["type"], bundle["total"]) == ("Bundle", "searchset", 3)
    assert [one["search"] for one in bundle["entry"]] == [
        {
            "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/match-grade", "valueCode": grade}],
            "mode": "match",
            "score": score,
        }
        for grade, score in (("certain", 0.999925), ("probable", 0.880797), ("possible", 0.0))
    ]
    assert {one["fullUrl"] for one in bundle["entry"]} == {f"https://api.test/fhir/R4/Patient/{PATIENT}"}
    assert {one["resource"]["meta"]["profile"][0] for one in bundle["entry"]} == {PLAIN}
    assert INS not in str(bundle)


async def test_the_same_ins_is_certain_without_a_score(gateway: Any, http: Any) -> None:
    bundle = await asked(http, gateway, [candidate(linkage.MATCH_DECISION_AUTO, 0.0, same_ins=True)])

    assert bundle["entry"][0]["search"]["score"] == 1.0


@pytest.mark.parametrize(
    ("candidates", "expected"), [([AUTO, REVIEW], 1), ([REVIEW, NONE], 0), ([AUTO, AUTO], 0), ([], 0)]
)
async def test_asked_for_certainty_it_is_one_or_nobody(
    candidates: list[Any], expected: int, gateway: Any, http: Any
) -> None:
    bundle = await asked(http, gateway, candidates, {"name": "onlyCertainMatches", "valueBoolean": True})

    assert bundle["total"] == expected
    assert [one["search"]["extension"][0]["valueCode"] for one in bundle.get("entry", [])] == ["certain"] * expected


async def test_nobody_is_a_bundle_without_entries(gateway: Any, http: Any) -> None:
    assert await asked(http, gateway, []) == {"resourceType": "Bundle", "type": "searchset", "total": 0}


async def test_that_somebody_may_be_missing_is_a_warning_beside_the_candidates(gateway: Any, http: Any) -> None:
    bundle = await asked(http, gateway, [REVIEW], capped_keys=["names"])

    match, outcome = bundle["entry"]
    assert (bundle["total"], match["search"]["mode"], outcome["search"]) == (1, "match", {"mode": "outcome"})
    (issue,) = outcome["resource"]["issue"]
    assert (issue["severity"], issue["code"], issue["diagnostics"]) == ("warning", "incomplete", "names")


def test_a_bundle_of_a_server_that_does_not_know_its_address_names_persons_by_their_id() -> None:
    from terresante_gateway.fhir.asked import Match

    bundle = told.matches(linkage.MatchResponse(candidates=[REVIEW]), Match(linkage.MatchRequest(), False, 10), "")

    assert bundle["entry"][0]["fullUrl"] == f"urn:uuid:{PATIENT}"


@pytest.mark.parametrize(("score", "expected"), [(0.0, 0.5), (-1e9, 0.0), (1e9, 1.0), (EVIDENCE.score, 0.999999)])
def test_a_probability_stays_between_0_and_1(score: float, expected: float) -> None:
    assert told.probability(score) == pytest.approx(expected, abs=1e-6)


def number(system: str, value: str) -> dict[str, Any]:
    """A number of an issuer."""
    coding = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PI"}
    return {"use": "usual", "type": {"coding": [coding]}, "system": system, "value": value}


OURS, THEIRS = number(f"urn:oid:{ISSUER}", "0004711"), number("urn:oid:1.2.250.1.999.2", "B12")
TYPED = linkage.SourceIdentity(issuer="urn:terresante:identity", local_id=f"{PATIENT}/1", person_id=PATIENT)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (known_as(f"URN:OID:{ISSUER}", "0004711"), [RRI, THEIRS]),
        (known_as(f"urn:oid:{ISSUER}", "0004711", "URN:OID:1.2.250.1.999.2"), [THEIRS]),
        (known_as(f"urn:oid:{ISSUER}", "0004711", "urn:ietf:rfc:3986"), [RRI]),
        (known_as(f"urn:oid:{ISSUER}", "0004711", INS_SYSTEM), []),
        (known_as(INS_SYSTEM, INS), [RRI, OURS, THEIRS]),
        (known_as("urn:ietf:rfc:3986", f"urn:uuid:{PATIENT}"), [OURS, THEIRS]),
    ],
)
async def test_the_other_numbers_come_with_the_person_and_never_an_ins(
    body: Any, expected: list[Any], gateway: Any, http: Any
) -> None:
    reply = linkage.CrossReferenceResponse(person_id=PATIENT, sources=[SOURCE, BARE_SOURCE, TYPED])

    answer = await fhir(http, gateway, PIX, json=body, reply=reply)

    *identifiers, person_told = answer.json()["parameter"]
    assert identifiers == [{"name": "targetIdentifier", "valueIdentifier": one} for one in expected]
    assert person_told == {"name": "targetId", "valueReference": {"reference": f"Patient/{PATIENT}"}}
    assert TRAITS.birth_name not in answer.text
