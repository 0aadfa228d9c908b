"""Right calls of accounts, administrators, correspondents, enrolment by oneself, the desk (see `operations.py`)."""

import json

from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.directory.v1 import enrolment_service_pb2 as enrolment

from .things import DOCTOR, DOCTOR_MESSAGE, NURSE, OTHER, PRACTICE, THING, V3, Right, at

WHEN = "2026-03-02T08:15:00.250000Z"
WHY = "Téléphone volé"
CARD = directory.LOGIN_MEANS_CARD
LINE = enrolment.Account(
    professional_id=NURSE,
    name="Caradec Inès",
    profession_label="Infirmier",
    state=directory.ACCOUNT_STATE_OPEN,
    means=directory.LOGIN_MEANS_PASSWORD_AND_CODE,
    settled=True,
    last_login=at(),
    with_card=True,
)
DONE = enrolment.AccountAct(
    act_id=THING,
    account_id=NURSE,
    holder_name="Caradec Inès",
    holder_kind="professional",
    kind="phone_replaced",
    at=at(),
    by_name="Claire Durand",
    why=WHY,
    evidence="vu en personne, avec une pièce d’identité",
    territory_codes=["94-ouest"],
)
OPENED = [
    enrolment.OpenedAccount(
        professional_id=NURSE, opened=directory.OpenAccountResponse(username="k7f2", starting_password="QX7")
    ),
    enrolment.OpenedAccount(professional_id=DOCTOR, reason="ACCOUNT_BUSY", sentence="Le compte change."),
]
ADMINISTRATOR = enrolment.Administrator(
    administrator_id=OTHER,
    name="Maud Ferrandi",
    territory_codes=["94-ouest"],
    account_state=directory.ACCOUNT_STATE_OPEN,
)
SPEAKS = enrolment.Correspondent(
    structure_id=PRACTICE,
    structure_name="Cabinet des Lilas",
    professional_id=NURSE,
    name="Caradec Inès",
    since=at(),
)
ADDING = {"professional_id": NURSE, "version": 3, "role": "infirmière"}
KEPT = {"professional_id": NURSE, "version": "3", "place": {"structure_id": PRACTICE, "role": "infirmière"}}
REQUEST = enrolment.ChangeRequest(
    request_id=THING,
    structure_id=PRACTICE,
    structure_name="Cabinet des Lilas",
    territory_code="94-ouest",
    kind="AddPlace",
    change=json.dumps(KEPT, ensure_ascii=False).encode(),
    why="Elle arrive lundi.",
    asked_by_id=NURSE,
    asked_by_name="Caradec Inès",
    at=at(),
    state=enrolment.REQUEST_STATE_HALF_APPROVED,
    needs_two=True,
    first_by_name="Claire Durand",
    first_by_you=True,
    comment_count=1,
    comments=[enrolment.RequestComment(author_name="Claire Durand", at=at(), text="D’accord.")],
)
LISTED = enrolment.ChangeRequest()
LISTED.CopyFrom(REQUEST)
LISTED.ClearField("change")
LISTED.ClearField("comments")
ACCOUNT = f"/v1/professionals/{NURSE}/account"
ASKED = "/v1/change-requests"

ENROLMENT = [
    Right("list_accounts", "GET", f"/v1/accounts?state=open&not_since={WHEN}&locked=true", "administrator",
        "directory.ListAccounts",
        enrolment.ListAccountsResponse(accounts=[LINE], strangers=2, evidence={"video": "vu en visioconférence"}),
        request=enrolment.ListAccountsRequest(state=directory.ACCOUNT_STATE_OPEN, not_since=at(), locked=True,
            limit=50)),
    Right("list_account_acts", "GET", f"/v1/account-acts?account_id={NURSE}", "administrator",
        "directory.ListAccountActs", enrolment.ListAccountActsResponse(acts=[DONE]),
        request=enrolment.ListAccountActsRequest(account_id=NURSE, limit=50)),
    Right("open_accounts", "POST", "/v1/account-openings", "administrator", "directory.OpenAccounts",
        enrolment.OpenAccountsResponse(accounts=OPENED), json={"professional_ids": [NURSE, DOCTOR], "means": "card"},
        request=enrolment.OpenAccountsRequest(professional_ids=[NURSE, DOCTOR], means=CARD)),
    Right("replace_phone", "POST", f"{ACCOUNT}/phone-replacement", "administrator", "directory.ReplacePhone",
        enrolment.ReplacePhoneResponse(account=LINE), json={"evidence": "in_person", "why": WHY}, status=201,
        request=enrolment.ReplacePhoneRequest(professional_id=NURSE, evidence="in_person", why=WHY)),
    Right("report_card_lost", "POST", f"{ACCOUNT}/card-loss", "administrator", "directory.ReportCardLost",
        enrolment.ReportCardLostResponse(account=LINE), json={"why": WHY}, status=201,
        request=enrolment.ReportCardLostRequest(professional_id=NURSE, why=WHY)),
    Right("list_administrators", "GET", "/v1/administrators", "administrator", "directory.ListAdministrators",
        enrolment.ListAdministratorsResponse(administrators=[ADMINISTRATOR]),
        request=enrolment.ListAdministratorsRequest()),
    Right("name_administrator", "POST", "/v1/administrators", "administrator", "directory.NameAdministrator",
        enrolment.NameAdministratorResponse(administrator=ADMINISTRATOR, username="k7f2", starting_password="QX7"),
        json={"given_name": "Maud", "family_name": "Ferrandi", "territory_codes": ["94-ouest"], "means": "card",
            "rpps": "10002813839"}, status=201,
        request=enrolment.NameAdministratorRequest(given_name="Maud", family_name="Ferrandi",
            territory_codes=["94-ouest"], means=CARD, rpps="10002813839")),
    Right("replace_administrators_phone", "POST", f"/v1/administrators/{OTHER}/phone-replacement", "administrator",
        "directory.ReplacePhone", enrolment.ReplacePhoneResponse(account=enrolment.Account(name="Maud Ferrandi",
            state=directory.ACCOUNT_STATE_OPEN, settled=True)), json={"evidence": "in_person", "why": WHY}, status=201,
        request=enrolment.ReplacePhoneRequest(administrator_id=OTHER, evidence="in_person", why=WHY)),
    Right("end_administrator", "POST", f"/v1/administrators/{OTHER}/ending", "administrator",
        "directory.EndAdministrator", enrolment.EndAdministratorResponse(administrator=ADMINISTRATOR), status=201,
        json={"territory_codes": ["94-ouest"], "why": "Départ"},
        request=enrolment.EndAdministratorRequest(administrator_id=OTHER, territory_codes=["94-ouest"], why="Départ")),
    Right("list_correspondents", "GET", f"/v1/correspondents?structure_id={PRACTICE}", "administrator",
        "directory.ListCorrespondents", enrolment.ListCorrespondentsResponse(correspondents=[SPEAKS]),
        request=enrolment.ListCorrespondentsRequest(structure_id=PRACTICE)),
    Right("get_correspondence", "GET", "/v1/me/correspondence", "professional", "directory.GetMyself",
        enrolment.GetMyselfResponse(professional_id=NURSE, name="Caradec Inès", enrolled=True, structures=[SPEAKS]),
        request=enrolment.GetMyselfRequest()),
    Right("name_correspondent", "PUT", f"/v1/structures/{PRACTICE}/correspondents/{NURSE}", "administrator",
        "directory.SetCorrespondent", enrolment.SetCorrespondentResponse(professional_ids=[NURSE]),
        request=enrolment.SetCorrespondentRequest(structure_id=PRACTICE, professional_id=NURSE, correspondent=True)),
    Right("end_correspondent", "DELETE", f"/v1/structures/{PRACTICE}/correspondents/{NURSE}", "administrator",
        "directory.SetCorrespondent", enrolment.SetCorrespondentResponse(),
        request=enrolment.SetCorrespondentRequest(structure_id=PRACTICE, professional_id=NURSE)),
    Right("ask_for_change", "POST", ASKED, "professional", "directory.AskForChange",
        enrolment.AskForChangeResponse(request=REQUEST), status=201,
        json={"structure_id": PRACTICE, "change": {"add_place": ADDING}, "why": "Elle arrive lundi."},
        request=enrolment.AskForChangeRequest(structure_id=PRACTICE, kind="AddPlace", why="Elle arrive lundi.",
            change=json.dumps(KEPT).encode())),
    Right("list_change_requests", "GET", f"{ASKED}?with_closed=true&mine=true", "administrator",
        "directory.ListRequests", enrolment.ListRequestsResponse(requests=[LISTED]),
        request=enrolment.ListRequestsRequest(with_closed=True, mine=True, limit=50)),
    Right("get_change_request", "GET", f"{ASKED}/{THING}", "professional", "directory.GetRequest",
        enrolment.GetRequestResponse(request=REQUEST), request=enrolment.GetRequestRequest(request_id=THING)),
    Right("comment_change_request", "POST", f"{ASKED}/{THING}/comments", "administrator", "directory.CommentRequest",
        enrolment.CommentRequestResponse(request=REQUEST), status=201,
        json={"text": "Avec quel rôle ?", "assign_to": OTHER},
        request=enrolment.CommentRequestRequest(request_id=THING, text="Avec quel rôle ?", assign_to=OTHER)),
    Right("decide_change_request", "POST", f"{ASKED}/{THING}/decision", "administrator", "directory.DecideRequest",
        enrolment.DecideRequestResponse(request=REQUEST), status=201, json={"approve": False, "comment": "Pas encore."},
        request=enrolment.DecideRequestRequest(request_id=THING, comment="Pas encore.")),
    Right("get_desk", "GET", "/v1/desk", "administrator", "directory.GetDesk",
        enrolment.GetDeskResponse(waiting=[enrolment.Waiting(kind="requests", count=3, oldest=at()),
            enrolment.Waiting(kind="imports", count=1)]), request=enrolment.GetDeskRequest()),
    Right("get_indicators", "GET", f"/v1/indicators?territory_code=94-ouest&first_week={WHEN}", "administrator",
        "directory.GetIndicators",
        enrolment.GetIndicatorsResponse(series=[enrolment.IndicatorSeries(kind="enrolled", label="Médecin",
            points=[enrolment.IndicatorPoint(week=at(), value=12), enrolment.IndicatorPoint(week=at(), masked=True)])]),
        request=enrolment.GetIndicatorsRequest(territory_code="94-ouest", **{"from": at()})),
    Right("get_enrolment", "GET", "/v1/enrolments/mine", "professional", "directory.GetEnrolment",
        enrolment.GetEnrolmentResponse(professional_id=NURSE, terms_version="2026-11", terms="Je m’engage.",
            places=[enrolment.KnownPlace(structure_name="Cabinet des Lilas", finess="940000019",
                structure_id=PRACTICE)]), request=enrolment.GetEnrolmentRequest()),
    Right("complete_enrolment", "POST", "/v1/enrolments/mine", "professional", "directory.CompleteEnrolment",
        enrolment.CompleteEnrolmentResponse(professional=DOCTOR_MESSAGE), status=201, acr=3,
        json={"terms_version": "2026-11", "structure_id": PRACTICE, "role": "infirmière"},
        request=enrolment.CompleteEnrolmentRequest(terms_version="2026-11", structure_id=PRACTICE,
            role="infirmière")),
    Right("leave", "POST", "/v1/me/leaving", "professional", "directory.Leave",
        enrolment.LeaveResponse(sentence="Ce que vous avez écrit reste."), status=201, headers=V3,
        request=enrolment.LeaveRequest(version=3)),
]  # fmt: skip
