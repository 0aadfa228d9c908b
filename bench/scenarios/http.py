"""Through the gateway: a guarded read, a list of 50, a document and an observation published."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from terresante_dev.story.sharing import pdf

from bench import seeding
from bench.figures import Row
from bench.load.plan import Plan, Request
from bench.world import World, Wrong

CONTENT = pdf("Bilan biologique de suivi") + b"\n"
BOUNDARY = "bench-4e1f0c5d"
Make = Callable[[UUID, dict[str, str]], Request]


def read(world: World, suffix: str = "") -> tuple[Row, Row]:
    """GET of one document's metadata: token verified twice, decision, journal line, the row, its sealed fields."""
    world.renew()
    requests = [
        Request(f"/v1/patients/{known.patient}/documents/{known.document}", headers=world.headers(number))
        for number, known in enumerate(world.known)
    ]
    calm = world.load(f"guarded read{suffix}", world.gateway, Plan(count=800, rate=100), requests)
    if json.loads(calm.measured.outcome.sample)["title"] != seeding.TITLE:
        raise Wrong("guarded read: another title than was seeded")
    full = world.load(f"guarded read{suffix}", world.gateway, Plan(count=3000, in_flight=16), requests)
    world.budget(f"guarded read{suffix}, p99 at 100/s", calm.ms(0.99), 40)
    world.budget(f"guarded read{suffix}, CPU each at 100/s", calm.cpu, 2, goal=1)
    world.budget(f"guarded read{suffix}, CPU each, 16 in flight", full.cpu, 2, goal=1)
    return calm, full


def listing(world: World, suffix: str = "") -> tuple[Row, Row]:
    """GET of a page of 50 documents of a record of 60 or more, filtered by what was decided."""
    world.renew()
    requests = [
        Request(f"/v1/patients/{patient}/documents?limit=50", headers=world.headers(number))
        for number, patient in enumerate(world.long)
    ]
    calm = world.load(f"list of 50{suffix}", world.gateway, Plan(count=400, rate=50), requests)
    if len(json.loads(calm.measured.outcome.sample)["items"]) != 50:
        raise Wrong("list of 50: not 50")
    full = world.load(f"list of 50{suffix}", world.gateway, Plan(count=800, in_flight=8), requests)
    world.budget(f"list of 50{suffix}, p99 at 50/s", calm.ms(0.99), 60)
    world.budget(f"list of 50{suffix}, CPU each at 50/s", calm.cpu, 3)
    world.budget(f"list of 50{suffix}, CPU each, 8 in flight", full.cpu, 3)
    return calm, full


def observation(world: World, suffix: str = "") -> tuple[Row, Row]:
    """POST of an observation, with its idempotency key; its event goes out meanwhile."""
    return _published(world, f"observation published{suffix}", new_observation, Plan(count=300, rate=50))


def document(world: World, suffix: str = "") -> tuple[Row, Row]:
    """POST of a small PDF: recognised, sealed, stored and forced to the disk, then its row and event."""
    return _published(world, f"document published{suffix}", _document, Plan(count=240, rate=30))


def _published(world: World, what: str, make: Make, calm_plan: Plan) -> tuple[Row, Row]:
    world.renew()
    full_plan = Plan(count=600, in_flight=8)
    rows = []
    for plan in (calm_plan, full_plan):
        requests = [
            make(world.patients[number % len(world.patients)], world.headers(number))
            for number in range(plan.count + plan.warm_up)
        ]
        rows.append(world.load(what, world.gateway, plan, requests))
    calm, full = rows
    if "id" not in json.loads(calm.measured.outcome.sample):
        raise Wrong(f"{what}: {calm.measured.outcome.sample[:300]!r}")
    world.budget(f"{what}, CPU each at {calm_plan.rate:g}/s", calm.cpu, 5)
    world.budget(f"{what}, CPU each, 8 in flight", full.cpu, 5)
    return calm, full


def new_observation(patient: UUID, headers: dict[str, str]) -> Request:
    """A temperature, under an idempotency key of its own."""
    body = {
        "code_system": "http://loinc.org",
        "code": "8310-5",
        "label": "Température corporelle",
        "quantity": {"value": "37.5", "unit": "Cel"},
        "observed_at": _now(),
    }
    return Request(
        f"/v1/patients/{patient}/observations",
        "POST",
        {**headers, "Content-Type": "application/json", "Idempotency-Key": str(uuid4())},
        json.dumps(body).encode(),
    )


def _document(patient: UUID, headers: dict[str, str]) -> Request:
    described = json.dumps({"type_code": "11502-2", "title": seeding.TITLE, "dated": _now()})
    parts = (
        ("description", "application/json", described.encode()),
        ("content", "application/pdf", CONTENT),
    )
    body = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        + (b'; filename="content"' if name == "content" else b"")
        + f"\r\nContent-Type: {kind}\r\n\r\n".encode()
        + value
        + b"\r\n"
        for name, kind, value in parts
    )
    return Request(
        f"/v1/patients/{patient}/documents",
        "POST",
        {
            **headers,
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Idempotency-Key": str(uuid4()),
        },
        body + f"--{BOUNDARY}--\r\n".encode(),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
