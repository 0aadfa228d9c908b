"""The access decision alone, as records asks for it: over mutual TLS with records' certificate and a person's token."""

from __future__ import annotations

from pathlib import Path

from terresante.consent.v1 import decision_service_pb2 as pb

from bench.figures import Row
from bench.load.plan import Plan, Request, Target
from bench.world import Known, World, Wrong

METHOD = "/terresante.consent.v1.DecisionService/DecideMany"


def decide(world: World, suffix: str = "") -> tuple[Row, Row]:
    """One question a call, each on another patient, each answer in the journal before it leaves."""
    world.renew()
    pki = Path(world.told["certificates"])
    target = Target(
        "grpc", world.told["services"]["consent"], str(pki / "ca.pem"), str(pki / "records.pem"),
        str(pki / "records.key"), "consent.svc",
    )  # fmt: skip
    requests = [
        Request(METHOD, headers=_metadata(world.headers(number)), body=_question(known, world.people[0].uid))
        for number, known in enumerate(world.known)
    ]
    what = f"access decision, journalled{suffix}"
    calm = world.load(what, target, Plan(count=1600, rate=200), requests)
    (decision,) = pb.DecideManyResponse.FromString(calm.measured.outcome.sample).decisions
    if not (decision.allowed and decision.entry_id):
        raise Wrong(f"access decision: refused: {list(decision.reasons)}")
    full = world.load(what, target, Plan(count=4000, in_flight=16), requests)
    world.budget(f"{what}, p99 at 200/s", calm.ms(0.99), 6)
    return calm, full


def _metadata(headers: dict[str, str]) -> dict[str, str]:
    return {"authorization": headers["Authorization"], "place": headers["Terresante-Place"]}


def _question(known: Known, author: str) -> bytes:
    question = pb.Question(
        patient_id=str(known.patient),
        action=pb.ACTION_READ,
        resource_kind=pb.RESOURCE_KIND_DOCUMENT,
        category="laboratory_result",
        resource_id=str(known.document),
        author_id=author,
    )
    return pb.DecideManyRequest(questions=[question]).SerializeToString()
