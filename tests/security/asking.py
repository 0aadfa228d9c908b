"""Asks what no portal would, in somebody's name, and reads the refusal."""

from uuid import uuid4

from terresante_dev.portal import Answer, Person, answer_of

ROLES = {"professional": "gp", "administrator": "admin", "patient": "patient", "system": "feeder-hospital"}
"""Kind of people -> who of the story stands for them."""

ENDLESS = "/v1/stream"
"""An answer without end, which nothing here reads: gateway/tests/test_streams.py and tests/flows do."""


def who_may(kinds: list[str]) -> str:
    """Who of the story stands for the kind of caller for whom an operation is made: the system, if it is one of them;
    anybody, if it asks for no login.
    """
    return ROLES["system" if "system" in kinds else (*kinds, "professional")[0]]


def send(person: Person, method: str, path: str, content: bytes, kind: str = "application/json", **more: str) -> Answer:
    """These bytes, under every header that an operation may ask for."""
    headers = {
        "authorization": f"Bearer {person.token}",
        "content-type": kind,
        "if-match": '"1"',
        "idempotency-key": str(uuid4()),
        **({"terresante-place": person.place} if person.place else {}),
        **more,
    }
    return answer_of(person.gateway.http.request(method, path, content=content, headers=headers))


def problem_of(answer: Answer) -> str:
    """The reason of a refusal, which must be whole."""
    assert 400 <= answer.status < 500, f"{answer} {answer.body}"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["detail"] and answer.body["todo"] and answer.body["trace_id"], answer.body
    return answer.reason
