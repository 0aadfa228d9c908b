"""Right calls of the directory in time: sheets, tree, offers, history, operations on many (see `operations.py`)."""

from terresante.directory.v1 import ror_service_pb2 as ror

from .things import DOCTOR, OTHER, PRACTICE, THING, V3, Right, at

CONTENT = {
    "name": "Hôpital des Lilas",
    "level": "site",
    "kind": "hospital_service",
    "part_of": OTHER,
    "territory_code": "94-ouest",
    "finess": "940000019",
    "postal_code": "94200",
    "commune": "Ivry-sur-Seine",
    "commune_code": "94041",
    "position": {"latitude": 48.81, "longitude": 2.38},
    "telecoms": [{"channel": "phone", "value": "01 00 00 00 00", "confidentiality": 2}],
}
SAID = ror.StructureContent(
    name="Hôpital des Lilas",
    level=ror.STRUCTURE_LEVEL_SITE,
    kind="hospital_service",
    part_of=OTHER,
    territory_code="94-ouest",
    finess="940000019",
    postal_code="94200",
    commune="Ivry-sur-Seine",
    commune_code="94041",
    position=ror.Position(latitude=48.81, longitude=2.38),
    telecoms=[ror.Telecom(channel="phone", value="01 00 00 00 00", confidentiality=2)],
)
SHEET = ror.StructureSheet(
    structure_id=PRACTICE,
    content=SAID,
    valid_from=at(),
    known_from=at(),
    version=3,
    act_id=THING,
    doubts=["FINESS_KEY"],
)
OFFERED = {
    "structure_id": PRACTICE,
    "name": "Hospitalisation à domicile",
    "activity": "001",
    "age_from_months": 216,
    "opening": [{"days": [1, 2], "opens": "08:30", "closes": "18:00"}],
    "capacities": [{"kind": "1", "total": 12, "available": 3}],
    "intervention_communes": ["94041"],
}
OFFER_SAID = ror.OfferContent(
    structure_id=PRACTICE,
    name="Hospitalisation à domicile",
    activity="001",
    age_from_months=216,
    opening=[ror.OpeningHours(days=[1, 2], opens="08:30", closes="18:00")],
    capacities=[ror.Capacity(kind="1", total=12, available=3)],
    intervention_communes=["94041"],
)
OFFER = ror.OfferSheet(
    offer_id=THING, content=OFFER_SAID, known_from=at(), confirmed_at=at(), version=3, act_id=OTHER, distance=120.5
)
ACT = ror.Act(
    act_id=THING,
    kind="moved",
    at=at(),
    administrator_id=DOCTOR,
    administrator_name="Claire Durand",
    why="Déménagement",
    subjects=2,
    changes=[
        ror.ActChange(
            subject=ror.Subject(kind="structure", id=PRACTICE),
            label="Hôpital des Lilas",
            fields=[ror.FieldChange(field="territory_code", before="94-ouest", after="94-est")],
        )
    ],
    territory_codes=["94-est", "94-ouest"],
)
NODE = ror.Node(kind="structure", id=PRACTICE, name="Hôpital des Lilas", level=ror.STRUCTURE_LEVEL_SITE, children=2)
IMPACTS = ror.Impacts(structures=2, professionals=14, examples=[NODE])
MOVE = ror.Operation(
    move_structures=ror.MoveStructures(structure_ids=[PRACTICE], territory_code="94-est"), **{"from": at()}
)
WHEN = "2026-03-02T08:15:00.250000Z"
MOVING = {"move_structures": {"structure_ids": [PRACTICE], "territory_code": "94-est"}, "valid_from": WHEN}
WHY = "Déménagement"

ROR = [
    Right("enrol_structure", "POST", "/v1/structure-sheets", "administrator", "directory.EnrolStructure",
        ror.EnrolStructureResponse(sheet=SHEET), status=201, json={"content": CONTENT, "valid_from": WHEN, "why": WHY},
        request=ror.EnrolStructureRequest(content=SAID, why=WHY, **{"from": at()})),
    Right("get_structure_sheet", "GET", f"/v1/structure-sheets/{PRACTICE}?at={WHEN}", "patient",
        "directory.GetStructureSheet",
        ror.GetStructureSheetResponse(sheet=SHEET, ancestors=[SHEET], structures=1, offers=2, professionals=3),
        request=ror.GetStructureSheetRequest(structure_id=PRACTICE, at=at())),
    Right("change_structure", "PUT", f"/v1/structure-sheets/{PRACTICE}", "administrator", "directory.ChangeStructure",
        ror.ChangeStructureResponse(sheet=SHEET), json={"content": CONTENT, "why": WHY}, headers=V3,
        request=ror.ChangeStructureRequest(structure_id=PRACTICE, version=3, content=SAID, why=WHY)),
    Right("close_structure", "POST", f"/v1/structure-sheets/{PRACTICE}/closing", "administrator",
        "directory.CloseStructure", ror.CloseStructureResponse(sheet=SHEET, structures=1, offers=2, places=3),
        json={"closing_kind": "1", "valid_from": WHEN}, headers=V3,
        request=ror.CloseStructureRequest(structure_id=PRACTICE, version=3, closing_kind="1", **{"from": at()})),
    Right("list_nodes", "GET", f"/v1/nodes?parent_id={PRACTICE}&with_closed=true", "administrator",
        "directory.ListNodes", ror.ListNodesResponse(nodes=[NODE, ror.Node(kind="offer", id=THING, name="HAD")]),
        request=ror.ListNodesRequest(parent_id=PRACTICE, with_closed=True, limit=50)),
    Right("search_offers", "GET", "/v1/offers?text=domicile&activity=001&near=48.79,2.38&age_months=0", "patient",
        "directory.SearchOffers", ror.SearchOffersResponse(offers=[OFFER]),
        request=ror.SearchOffersRequest(text="domicile", activities=["001"], age_months=0, within_metres=20_000,
            near=ror.Position(latitude=48.79, longitude=2.38), limit=50)),
    Right("enrol_offer", "POST", "/v1/offers", "administrator", "directory.EnrolOffer",
        ror.EnrolOfferResponse(sheet=OFFER), status=201, json={"content": OFFERED, "why": WHY},
        request=ror.EnrolOfferRequest(content=OFFER_SAID, why=WHY)),
    Right("get_offer", "GET", f"/v1/offers/{THING}", "professional", "directory.BatchGetOffers",
        ror.BatchGetOffersResponse(offers=[OFFER]),
        request=ror.BatchGetOffersRequest(offer_ids=[THING], with_closed=True)),
    Right("change_offer", "PUT", f"/v1/offers/{THING}", "administrator", "directory.ChangeOffer",
        ror.ChangeOfferResponse(sheet=OFFER), json={"content": OFFERED, "valid_from": WHEN}, headers=V3,
        request=ror.ChangeOfferRequest(offer_id=THING, version=3, content=OFFER_SAID, **{"from": at()})),
    Right("close_offer", "POST", f"/v1/offers/{THING}/closing", "administrator", "directory.CloseOffer",
        ror.CloseOfferResponse(sheet=OFFER), json={"closing_kind": "1", "why": WHY}, headers=V3,
        request=ror.CloseOfferRequest(offer_id=THING, version=3, closing_kind="1", why=WHY)),
    Right("confirm_offers", "POST", "/v1/offer-confirmations", "administrator", "directory.ConfirmOffers",
        ror.ConfirmOffersResponse(offers=[OFFER]), status=201, json={"offer_ids": [THING]},
        request=ror.ConfirmOffersRequest(offer_ids=[THING])),
    Right("list_stale_offers", "GET", f"/v1/stale-offers?since={WHEN}&territory_code=94-ouest", "administrator",
        "directory.ListStaleOffers", ror.ListStaleOffersResponse(offers=[OFFER], total=7),
        request=ror.ListStaleOffersRequest(since=at(), territory_code="94-ouest", limit=50)),
    Right("find", "GET", "/v1/finds?text=creteil&kind=commune&kind=structure", "administrator", "directory.Find",
        ror.FindResponse(hits=[ror.Hit(kind="commune", id="94028", label="Créteil")]),
        request=ror.FindRequest(text="creteil", kinds=["commune", "structure"], limit=20)),
    Right("list_communes", "GET", f"/v1/communes?commune_code=94041&at={WHEN}", "patient", "directory.ListCommunes",
        ror.ListCommunesResponse(communes=[ror.Commune(code="94041", name="Ivry-sur-Seine", covered_from=at())]),
        request=ror.ListCommunesRequest(commune_code="94041", at=at())),
    Right("list_digital_services", "GET", "/v1/digital-services", "patient", "directory.ListDigitalServices",
        ror.ListDigitalServicesResponse(services=[ror.DigitalService(code="coordination", name="Coordination")]),
        request=ror.ListDigitalServicesRequest()),
    Right("list_directory_acts", "GET", f"/v1/directory-acts?kind=structure&id={PRACTICE}", "administrator",
        "directory.ListActs", ror.ListActsResponse(acts=[ACT]),
        request=ror.ListActsRequest(subject=ror.Subject(kind="structure", id=PRACTICE), limit=50)),
    Right("undo_directory_act", "POST", f"/v1/directory-acts/{THING}/undoing", "administrator", "directory.UndoAct",
        ror.UndoActResponse(act=ACT), status=201, json={"why": WHY},
        request=ror.UndoActRequest(act_id=THING, why=WHY)),
    Right("preview_reorganisation", "POST", "/v1/reorganisation-previews", "administrator",
        "directory.PreviewOperation", ror.PreviewOperationResponse(impacts=IMPACTS, preview="a1"), status=201,
        json=MOVING, request=ror.PreviewOperationRequest(operation=MOVE)),
    Right("perform_reorganisation", "POST", "/v1/reorganisations", "administrator", "directory.PerformOperation",
        ror.PerformOperationResponse(act=ACT, impacts=IMPACTS), status=201,
        json={"operation": MOVING, "preview": "a1", "why": WHY},
        request=ror.PerformOperationRequest(operation=MOVE, preview="a1", why=WHY)),
]  # fmt: skip
