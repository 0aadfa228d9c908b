"""The sandbox's people, made once per stack through the public doors, and written to personas.json for those who log
in by program.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from terresante_dev import enrolment, personas
from terresante_dev.portal import Gateway, Person
from terresante_dev.stack import write_private


def populate(stack: Mapping[str, Any]) -> None:
    """Enrols the cast; the first patient has a consent, a circle of one, and an account."""
    cast = personas.sandbox()
    gateway = Gateway(stack)
    people: dict[str, Person] = {}
    for one in cast.administrators:
        people[one.key] = enrolment.administrator(stack, one, gateway)
    by_territory = {one.territory: people[one.key] for one in cast.administrators}
    structures = {one.key: enrolment.structure(by_territory[one.territory], one) for one in cast.structures}
    territory = {one.key: one.territory for one in cast.structures}
    for who in cast.professionals:
        by = by_territory[territory[who.places[0].structure]]
        people[who.key] = enrolment.professional(by, who, structures, gateway)
        if who.officer_of:
            enrolment.identity_officer(by, people[who.key], who.officer_of)
    homes = {one.key: one for one in cast.structures}
    for what in cast.feeders:
        home = homes[what.structure]
        by = by_territory[home.territory]
        people[what.key] = enrolment.feeder(by, what, home, structures[what.structure], gateway)
    for patient in cast.patients[:1]:
        people[patient.key] = _patient(people["gp"], patient, gateway)
    gateway.close()
    told = {key: {**asdict(person.login), "place": person.place} for key, person in people.items()}
    write_private(Path(stack["folder"]) / "personas.json", json.dumps(told, ensure_ascii=False, indent=1))


def _patient(gp: Person, patient: personas.Patient, gateway: Gateway) -> Person:
    made = enrolment.done("create person", gp.post("/v1/patients", {"traits": enrolment.traits(patient)}), 201)
    address = f"/v1/patients/{made['id']}"
    consent = {
        "form": "oral",
        "given_at": made["created_at"],
        "notice_version": "2026-01",
        "information_given": "Le partage, le cercle de soins, le droit de retirer son accord à tout moment.",
    }
    enrolment.done("record consent", gp.post(f"{address}/consents", consent), 201)
    letter = enrolment.done("issue activation", gp.post(f"{address}/activation"), 201)
    login = enrolment.activated(gp.stack, "patient", letter["username"], letter["activation_code"])
    person = Person(gp.stack, login, gateway)
    person.known_as(made["id"], patient.description)
    return person
