"""Scenes of the directory in time: a hospital, its units and offers, what was said of them, and what is undone."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from terresante_dev.portal import Person
from terresante_dev.story.stage import Stage, done, now, refused, true, version

SHEETS, OFFERS = "/v1/structure-sheets", "/v1/offers"
HOSPITAL = {
    "name": "Hôpital de la Marne",
    "level": "site",
    "kind": "hospital_service",
    "territory_code": "94-ouest",
    "address_line": "1 rue de la Marne",
    "postal_code": "94200",
    "commune": "Ivry-sur-Seine",
    "commune_code": "94041",
    "telecoms": [{"channel": "phone", "value": "01 00 00 00 00", "label": "Standard"}],
}


def in_time(stage: Stage) -> None:
    """All of them, in order: what one makes the next needs."""
    admin = stage.who("admin")
    site, unit = built(admin)
    offer = offered(admin, unit)
    looked_for(stage, site, offer)
    merged = reorganised(admin, site, unit)
    remembered(admin, site, merged)
    closed(admin, unit, offer)


def built(admin: Person) -> tuple[str, str]:
    """A site and a unit of it; the site's name is corrected. Their ids."""
    site = done(admin.post(SHEETS, {"content": HOSPITAL, "why": "Ouverture"}), 201)
    inside = HOSPITAL | {"name": "Unité mobile de gériatrie", "level": "internal", "part_of": site["id"]}
    unit = done(admin.post(SHEETS, {"content": inside}), 201)
    read = admin.get(f"{SHEETS}/{site['id']}")
    true(done(read)["structures"] == 1, "the unit is in it", read.body)
    better = {"content": HOSPITAL | {"name": "Hôpital de la Marne (site d’Ivry)"}, "why": "Nom d’usage"}
    done(admin.call("PUT", f"{SHEETS}/{site['id']}", better, **version(read)))
    refused(admin.call("PUT", f"{SHEETS}/{site['id']}", better, if_match='"1"'), 412, "VERSION_STALE")
    nodes = done(admin.get(f"/v1/nodes?parent_id={site['id']}"))
    true([one["name"] for one in nodes["items"]] == [inside["name"]], "the tree shows the unit", nodes)
    return site["id"], unit["id"]


def offered(admin: Person, unit: str) -> str:
    """An offer, changed and confirmed. Its id."""
    content = {
        "structure_id": unit,
        "name": "Équipe mobile de gériatrie",
        "age_from_months": 900,
        "opening": [{"days": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "17:00"}],
        "intervention_communes": ["94041", "94081"],
        "telecoms": [{"channel": "phone", "value": "01 00 00 00 01", "confidentiality": 2}],
    }
    made = admin.post(OFFERS, {"content": content})
    offer = done(made, 201)
    longer = content | {"opening": [{"days": [1, 2, 3, 4, 5, 6], "opens": "09:00", "closes": "18:00"}]}
    done(admin.call("PUT", f"{OFFERS}/{offer['id']}", {"content": longer, "why": "Le samedi"}, **version(made)))
    done(admin.post("/v1/offer-confirmations", {"offer_ids": [offer["id"]]}), 201)
    done(admin.get(f"/v1/stale-offers?since={quote(now())}&limit=2"))
    return str(offer["id"])


def looked_for(stage: Stage, site: str, offer: str) -> None:
    """Found by a doctor near the patient, as one types, on the map."""
    gp, admin, patient = stage.who("gp"), stage.who("admin"), stage.who("patient")
    found = done(gp.get(f"{OFFERS}?text=geriatrie&commune_code=94041&age_months=984&limit=2"))
    true(offer in [one["id"] for one in found["items"]], "the doctor finds the offer", found)
    done(gp.get(f"{OFFERS}/{offer}"))
    shown = done(patient.get(f"{OFFERS}/{offer}"))
    true(shown["telecoms"] == [], "the patient does not see the professionals' number (R-ROR1)", shown)
    hits = done(admin.get("/v1/finds?text=hopitl%20marne&kind=structure"))
    true(site in [one["id"] for one in hits["items"]], "a typing error is borne", hits)
    done(gp.get("/v1/communes?commune_code=94041"))
    done(gp.get("/v1/digital-services"))


def reorganised(admin: Person, site: str, unit: str) -> str:
    """A second unit is merged into the first, as previewed. The act's id."""
    twin = HOSPITAL | {"name": "Gériatrie mobile", "level": "internal", "part_of": site}
    other = done(admin.post(SHEETS, {"content": twin}), 201)["id"]
    merging = {"merge_structures": {"structure_ids": [other], "into": unit}}
    preview = done(admin.post("/v1/reorganisation-previews", merging), 201)
    wanted = {"operation": merging, "preview": preview["preview"], "why": "Une seule équipe"}
    performed = done(admin.post("/v1/reorganisations", wanted), 201)
    refused(admin.post("/v1/reorganisations", wanted), 409, "PREVIEW_STALE", "STRUCTURE_CLOSED")
    return str(performed["act"]["id"])


def remembered(admin: Person, site: str, merged: str) -> None:
    """Who did what; the merge is undone."""
    acts = done(admin.get(f"/v1/directory-acts?kind=structure&id={site}&limit=2"))
    true(any(one["why"] == "Nom d’usage" for one in acts["items"]), "the history says why", acts)
    done(admin.post(f"/v1/directory-acts/{merged}/undoing", {"why": "Pas encore décidé"}), 201)
    refused(admin.post(f"/v1/directory-acts/{merged}/undoing", {"why": ""}), 409, "ACT_UNDONE")


def closed(admin: Person, unit: str, offer: str) -> None:
    """The offer closes, then the unit with what is left in it."""
    kind: dict[str, Any] = {"closing_kind": "definitive", "why": "Fin du financement"}
    shut = admin.call("POST", f"{OFFERS}/{offer}/closing", kind, **version(admin.get(f"{OFFERS}/{offer}")))
    done(shut)
    sheet = admin.get(f"{SHEETS}/{unit}")
    done(admin.call("POST", f"{SHEETS}/{unit}/closing", kind, **version(sheet)))
