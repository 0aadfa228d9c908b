"""Two people act at once: there is one truth, and the other gets a clear answer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from uuid import uuid4

import pytest
from terresante_dev import enrolment
from terresante_dev.portal import Answer
from terresante_dev.story import Stage
from terresante_dev.story.sharing import document, pdf
from terresante_dev.story.stage import now

from . import accounts
from .ground import until
from .load import Crew, member_of
from .people import Attempt, Client
from .together import Readers, at_once

pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("whole")]
MANY = 50
FEW = 8


@pytest.mark.parametrize(
    ("toggles", "pace"), [pytest.param(6, 0.8, id="short"), pytest.param(60, 0.1, id="full", marks=pytest.mark.long)]
)
def test_no_read_begun_after_a_removal_is_served_on_any_replica(toggles: int, pace: float, crew: Crew) -> None:
    """G1. Sixteen readers on both replicas; after each acknowledgement all of them begin a read at that moment."""
    clients = [Client(crew.guest, crew.stack, at % 2, moves=False) for at in range(16)]
    readers = Readers(clients, [crew.path("/documents"), crew.path("/observations")], pace)
    invitations, removals = [], []

    with (
        Client(crew.gp, crew.stack, 0) as gp,
        Client(crew.patient, crew.stack, 1) as patient,
        readers.reading() as reads,
    ):
        for _ in range(toggles):
            invited = gp.send("POST", crew.path("/circle/members"), {"professional_id": crew.guest.uid})
            assert invited.status == 201 and invited.answer is not None, str(invited)
            invitations.append(invited)
            readers.call()
            _wait_for(reads, 20)
            member = member_of(invited.answer.body, crew.guest.uid)
            removed = patient.send("DELETE", crew.path(f"/circle/members/{member}"))
            assert removed.status == 200, str(removed)
            removals.append(removed)
            readers.call()
            _wait_for(reads, 20)

    served, refused = _split(reads)
    after = [one for one in reads if _wholly_outside(one, invitations, removals)]
    within = [one for one in reads if _wholly_inside(one, invitations, removals)]
    print(f"{len(reads)} reads, {len(served)} served; {len(after)} begun after a removal, {len(within)} within")
    assert len(after) >= 10 * toggles and len(within) >= 5 * toggles, "too few reads to prove anything"
    assert {one.status for one in reads} == {200, 403}
    assert [one for one in after if one in served] == []
    assert [one for one in within if one in refused] == []


def _wait_for(reads: Sequence[Attempt], more: int) -> None:
    known = len(reads)
    until(lambda: len(reads) >= known + more, 30, f"{more} more reads")


def _split(reads: Sequence[Attempt]) -> tuple[list[Attempt], list[Attempt]]:
    return [one for one in reads if one.done], [one for one in reads if one.status == 403]


def _wholly_outside(read: Attempt, invitations: Sequence[Attempt], removals: Sequence[Attempt]) -> bool:
    """Whether a removal was acknowledged before it began, and the next invitation not yet sent when it ended."""
    for number, removed in enumerate(removals):
        following = invitations[number + 1].began if number + 1 < len(invitations) else float("inf")
        if removed.ended < read.began and read.ended < following:
            return True
    return False


def _wholly_inside(read: Attempt, invitations: Sequence[Attempt], removals: Sequence[Attempt]) -> bool:
    """Whether an invitation was acknowledged before it began, and the removal not yet sent when it ended."""
    return any(
        invited.ended < read.began and read.ended < removed.began
        for invited, removed in zip(invitations, removals, strict=True)
    )


def test_of_several_consents_for_one_patient_one_is_recorded(told: Stage, crew: Crew) -> None:
    for round_ in range(3):
        patient = _newcomer(told, round_)
        given = {
            "form": "oral",
            "given_at": now(),
            "notice_version": "2026-01",
            "information_given": "Le partage, le cercle de soins, le droit de retirer son accord à tout moment.",
        }

        answers = at_once(partial(_consent, patient=patient, given=given), _authors(crew, FEW))

        assert Counter(map(str, answers)) == {"HTTP 201": 1, "HTTP 409 CONSENT_ALREADY_IN_FORCE": FEW - 1}
        query = "select count(*) from {} where patient_id = $1"
        kept = [accounts.count(crew.stack, "consent", query.format(table), patient) for table in _TABLES]
        assert kept == [1, 1, 1]


_TABLES = ("consent", "circle", "circle_member")


def _authors(crew: Crew, many: int) -> list[Client]:
    """So many programs of the GP, on both replicas."""
    return [Client(crew.gp, crew.stack, at % 2) for at in range(many)]


def _consent(client: Client, patient: str, given: Mapping[str, str]) -> Attempt:
    return client.send("POST", f"/v1/patients/{patient}/consents", given, idempotency_key=str(uuid4()))


def _newcomer(told: Stage, number: int) -> str:
    """A patient whom nobody has shared anything about yet."""
    traits = {**enrolment.traits(told.patient), "birth_name": f"{told.patient.birth_name}{'ABCDE'[number]}"}
    first = told.who("gp").post("/v1/patients", {"traits": traits})
    if first.reason == "IDENTITY_CANDIDATES":
        others = [one["person"]["id"] for one in first.body["candidates"]]
        first = told.who("gp").post("/v1/patients", {"traits": traits, "confirm_distinct_from": others})
    assert first.status == 201, f"{first} {first.body}"
    return str(first.body["id"])


@pytest.mark.parametrize("what", ["note", "invitation"])
def test_one_key_sent_fifty_times_at_once_has_one_effect_and_one_answer(what: str, told: Stage, crew: Crew) -> None:
    """G13."""
    key = str(uuid4())
    if what == "note":
        path, body = crew.path("/notes"), {"text": f"Une seule fois {key}."}
    else:
        path, body = crew.path("/circle/members"), {"professional_id": crew.guest.uid}

    attempts = at_once(partial(_keyed, path=path, body=body, key=key), _authors(crew, MANY))
    print(f"{what}: {dict(Counter(map(str, attempts)))}, slowest {max(one.seconds for one in attempts):.2f} s")

    assert Counter(map(str, attempts)) == {"HTTP 201": MANY}
    assert len({one.answer.content for one in attempts if one.answer}) == 1
    with Client(crew.gp, crew.stack) as gp:
        different = {**body, **({"urgent": True} if what == "note" else {"explicit_agreement": True})}
        assert str(_keyed(gp, path, different, key)) == "HTTP 422 IDEMPOTENCY_KEY_REUSED"
    assert _effects(crew, what, key) == 1


def _keyed(client: Client, path: str, body: Mapping[str, object], key: str) -> Attempt:
    return client.send("POST", path, body, idempotency_key=key)


def _effects(crew: Crew, what: str, key: str) -> int:
    """How often it was done. The guest is shown out again."""
    with Client(crew.gp, crew.stack) as gp, Client(crew.patient, crew.stack) as patient:
        if what == "note":
            return sum(key in note["text"] for note in accounts.listed(gp, crew.path("/notes")))
        circle = gp.get(crew.path("/circle")).answer
        assert circle is not None
        present = [one for one in circle.body["members"] if one["until"] is None and one["professional"]]
        found = [one["id"] for one in present if one["professional"]["id"] == crew.guest.uid]
        for id in found:
            assert patient.send("DELETE", crew.path(f"/circle/members/{id}")).status == 200
        return len(found)


def test_of_several_changes_to_one_version_one_is_made(told: Stage, crew: Crew) -> None:
    gp = told.who("gp")
    id = document(told, gp, "Document disputé", "11502-2", pdf("dispute"))
    path = crew.path(f"/documents/{id}")
    with Client(crew.gp, crew.stack) as reader:
        for _ in range(3):
            read = _read(reader, path)
            hide = partial(_hide, path=path, hidden=read.body["version"] % 2 == 1, version=read.etag)

            attempts = at_once(hide, _authors(crew, FEW))

            assert Counter(map(str, attempts)) == {"HTTP 200": 1, "HTTP 412 VERSION_STALE": FEW - 1}
            assert _read(reader, path).body["version"] == read.body["version"] + 1


def _read(client: Client, path: str) -> Answer:
    answer = client.get(path).answer
    assert answer is not None and answer.status == 200
    return answer


def _hide(client: Client, path: str, hidden: bool, version: str) -> Attempt:
    return client.send("PUT", f"{path}/visibility", {"hidden_from_professionals": hidden}, if_match=version)
