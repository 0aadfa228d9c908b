"""Scenes around who is who: a hospital's system feeds identities, an identity officer works the queue."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from terresante_dev import enrolment
from terresante_dev.portal import Person
from terresante_dev.story.stage import Stage, done, now, soon, true

SOURCES = "/v1/identity/sources"
MARRIED_NAME = "LEFEVRE"
"""Stored as the birth name by mistake, as happens to women (domain reference §1.9)."""


def fed_and_decided(stage: Stage) -> None:
    """All of them, in order: what one makes the next needs."""
    feeder = mandates(stage)
    sent = feed(stage, feeder)
    ask(stage, feeder)
    queue(stage, sent)
    by_hand(stage, sent)
    history(stage)


def mandates(stage: Stage) -> Person:
    """The administrator names an officer and registers a system; gives the system, logged in by its certificate."""
    admin, gp, nurse = stage.who("admin"), stage.who("gp"), stage.who("nurse")
    admin.log_in()
    enrolment.identity_officer(admin, nurse, ["94-ouest"])
    done(admin.call("DELETE", f"/v1/identity-officers/{nurse.uid}"), 204)
    enrolment.identity_officer(admin, gp, ["94-ouest"])
    done(admin.get("/v1/identity-officers"))
    feeder = registered_feeder(stage)
    listed = admin.get("/v1/feeders")
    ours = next(one for one in done(listed)["items"] if one["id"] == feeder.uid)
    done(admin.call("PATCH", f"/v1/feeders/{feeder.uid}", {"policy": "auto"}, if_match=f'"{ours["version"]}"'))
    soon(lambda: gp.get("/v1/identity/reviews/counts").status == 200, "consent knows of the mandate")
    return feeder


def registered_feeder(stage: Stage) -> Person:
    """The hospital's system of the cast, under a number and a certificate of this telling's own."""
    base = stage.cast.feeders[0]
    home = next(one for one in stage.cast.structures if one.key == base.structure)
    issuer = f"1.2.250.1.999.94.{stage.seed}"
    ours = replace(base, issuers=(issuer,), host=f"dpi-{stage.seed}.example")
    made = enrolment.feeder(stage.who("admin"), ours, home, stage.made["structures"][base.structure], stage.gateway)
    stage.people[base.key] = made
    stage.made["issuer"] = issuer
    return made


def feed(stage: Stage, feeder: Person) -> dict[str, Any]:
    """The patient comes to the hospital: known, known again, then under her married name: in doubt."""
    known = done(feeder.post(SOURCES, sent(stage, "0004711")), 201)
    true(known["person_id"] == stage.made["patient"], "the hospital gets the regional person", known)
    done(feeder.post(SOURCES, sent(stage, "0004711")), 200)
    doubtful = done(feeder.post(SOURCES, sent(stage, "0004712", birth_name=MARRIED_NAME)), 201)
    true(doubtful["outcome"] == "doubtful", "another birth name is left to a human", doubtful)
    done(feeder.get("/v1/identity/changes?limit=2"))
    return {"known": known, "doubtful": doubtful}


def sent(stage: Stage, local_id: str, **change: str) -> dict[str, Any]:
    """The patient as the hospital writes them."""
    ours = enrolment.traits(stage.patient)
    traits = {"first_names": ours.pop("first_name"), **ours, **change}
    return {"issuer": stage.made["issuer"], "local_id": local_id, "traits": traits}


def ask(stage: Stage, feeder: Person) -> None:
    """Who is that? By traits, many at once, by number."""
    traits = sent(stage, "")["traits"]
    done(feeder.post("/v1/identity/matches", {"traits": traits}))
    true(
        feeder.post("/v1/identity/matches/batch", {"lookups": [{"traits": traits}]}).status == 200,
        "a batch is answered",
    )
    done(feeder.post("/v1/identity/cross-references", {"issuer": stage.made["issuer"], "local_id": "0004711"}))


def queue(stage: Stage, given: dict[str, Any]) -> None:
    """The officer takes a pair, looks at it, confirms it, thinks again."""
    officer, review = stage.who("gp"), given["doubtful"]["review_ids"][0]
    done(officer.get("/v1/identity/reviews?limit=2"))
    done(officer.get("/v1/identity/reviews/counts"))
    done(officer.call("PUT", f"/v1/identity/reviews/{review}/assignee", {"assigned_to": "me"}))
    done(officer.get(f"/v1/identity/reviews/{review}"))
    pair = {"person_id": given["known"]["person_id"], "other_person_id": given["doubtful"]["person_id"]}
    done(officer.post("/v1/identity/explanations", pair))
    verdict = {
        "verdict": "same",
        "comment": "Carte d’identité vue : son nom d’épouse avait été saisi comme nom de naissance.",
    }
    decided = done(officer.post(f"/v1/identity/reviews/{review}/decision", verdict), 201)
    undo(officer, decided["act"]["id"])


def by_hand(stage: Stage, given: dict[str, Any]) -> None:
    """A merge, a split, an unlink and a link, each undone or put right."""
    officer, kept, other = stage.who("gp"), given["known"]["person_id"], given["doubtful"]["person_id"]
    source = given["doubtful"]["source"]["id"]
    sides = {"absorbed_id": other, "absorbed_version": seen(officer, other)}
    merge = {**sides, "surviving_id": kept, "surviving_version": seen(officer, kept), "comment": "Même personne."}
    done(officer.post("/v1/identity/merges", merge), 201)
    split = {"person_id": kept, "person_version": seen(officer, kept), "source_ids": [source]}
    apart = done(officer.post("/v1/identity/splits", {**split, "comment": "Finalement deux sœurs."}), 201)
    undo(officer, apart["act"]["id"])
    unlink = {"source_id": source, "person_version": seen(officer, kept), "comment": "À revoir avec l’hôpital."}
    alone = done(officer.post("/v1/identity/unlinks", unlink), 201)["person"]["id"]
    true(alone != kept, "it is a person of its own", alone)
    link = {"source_id": source, "person_id": kept, "person_version": seen(officer, kept)}
    done(officer.post("/v1/identity/links", {**link, "comment": "L’hôpital confirme : même personne."}), 201)


def seen(officer: Person, person: str) -> int:
    """The version of a person as an officer sees it now."""
    past = done(officer.get(f"/v1/identity/persons/{person}/as-of?at={now().replace('+', '%2B')}"))
    return int(past["person"]["version"])


def undo(officer: Person, act: str) -> None:
    """Takes an act back."""
    done(officer.post(f"/v1/identity/acts/{act}/undo", {"comment": "Erreur de ma part."}), 201)


def history(stage: Stage) -> None:
    """What was done, what was so on a day, how well matching does."""
    officer, person = stage.who("gp"), stage.made["patient"]
    done(officer.get(f"/v1/identity/persons/{person}/acts?limit=2"))
    done(officer.get("/v1/identity/quality"))
