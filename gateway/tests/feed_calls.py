"""Right calls of the feed, of webhooks, and of how people want to be told (see `operations.py`)."""

from typing import Any

from terresante.messaging.v1 import feed_service_pb2 as feed
from terresante.messaging.v1 import telling_service_pb2 as telling
from terresante.messaging.v1 import webhook_service_pb2 as webhooks

from .things import AT, DOCTOR, NURSE, OTHER, PATIENT, RECORD, THING, V3, Right, at

POSTED = feed.Event(
    kind=feed.EVENT_KIND_MESSAGE_POSTED,
    cursor="12",
    at=at(),
    patient_id=PATIENT,
    thread_id=THING,
    message_id=OTHER,
    place=7,
    actor_id=NURSE,
    urgent=True,
)
WEBHOOK = webhooks.Webhook(
    webhook_id=THING,
    url="https://portail.example/evenements",
    label="Mon espace du territoire",
    registered_at=at(),
    version=3,
    waiting=2,
    parked=1,
    oldest_waiting_at=at(),
    last_failure_at=at(),
    last_failure="HTTP_500",
)
DELIVERY = webhooks.Delivery(
    delivery_id=OTHER,
    event_kind="message_posted",
    state=webhooks.DELIVERY_STATE_WAITING,
    attempts=2,
    at=at(),
    next_try_at=at(),
    last_failure="TIMEOUT",
)
PREFERENCES = telling.Preferences(
    choices=[
        telling.Choice(
            topic=telling.TOPIC_URGENT_MESSAGE,
            channels=[telling.CHANNEL_EMAIL, telling.CHANNEL_WEBHOOK],
            pace=telling.PACE_AT_ONCE,
        )
    ],
    quiet_from=1260,
    quiet_until=420,
    urgent_breaks_quiet=True,
    daily_hour=8,
    portal_ids=[OTHER],
    email_shown="m…e@…fr",
    email_confirmed=True,
    version=3,
)
CHOSEN = {
    "choices": [{"topic": "urgent_message", "channels": ["email", "webhook"], "pace": "at_once"}],
    "quiet_from": 1260,
    "quiet_until": 420,
    "urgent_breaks_quiet": True,
    "daily_hour": 8,
    "urgent_minutes": 0,
    "portal_ids": [OTHER],
}
PERIOD: dict[str, Any] = {"from": at(), "until": at()}
ABSENCE = telling.Absence(absence_id=THING, delegate_professional_id=DOCTOR, **PERIOD)
ON_CALL = telling.OnCall(on_call_id=THING, structure_id=OTHER, professional_id=NURSE, **PERIOD)
ADDRESSEES = telling.ListAddresseesResponse(
    addressees=[
        telling.Addressee(
            professional_id=NURSE,
            away=True,
            delegate_professional_id=DOCTOR,
            ways=[telling.Way(kind=telling.WAY_KIND_CIRCLE_THREAD, thread_id=THING, fresh_at=at())],
        ),
        telling.Addressee(
            structure_id=OTHER,
            ways=[
                telling.Way(kind=telling.WAY_KIND_ON_CALL, professional_id=NURSE),
                telling.Way(kind=telling.WAY_KIND_SECURE_MAILBOX, address="accueil@mssante.example", failed_at=at()),
            ],
        ),
    ]
)
AT_WEBHOOK = f"/v1/webhooks/{THING}"
AT_TEAM = f"/v1/structures/{OTHER}/on-call"
TIMES = {"since": AT, "until": AT}
PREFERRED = telling.Preferences()
PREFERRED.CopyFrom(PREFERENCES)
PREFERRED.ClearField("email_shown")
PREFERRED.ClearField("email_confirmed")

FEED = [
    Right("follow", "GET", "/v1/stream", "professional", "messaging.Follow",
        [feed.FollowResponse(cursor="11"), feed.FollowResponse(event=POSTED, cursor="12")],
        request=feed.FollowRequest()),
    Right("list_events", "GET", "/v1/events?limit=10", "system", "messaging.ListEvents",
        feed.ListEventsResponse(events=[POSTED], next_cursor="12"), request=feed.ListEventsRequest(limit=10)),
    Right("list_webhooks", "GET", "/v1/webhooks", "system", "messaging.ListWebhooks",
        webhooks.ListWebhooksResponse(webhooks=[WEBHOOK]), request=webhooks.ListWebhooksRequest()),
    Right("register_webhook", "POST", "/v1/webhooks", "system", "messaging.RegisterWebhook",
        webhooks.RegisterWebhookResponse(webhook=WEBHOOK, secret="whsec_AAAA"), status=201,
        json={"url": WEBHOOK.url, "label": WEBHOOK.label},
        request=webhooks.RegisterWebhookRequest(url=WEBHOOK.url, label=WEBHOOK.label)),
    Right("change_webhook", "PATCH", AT_WEBHOOK, "system", "messaging.ChangeWebhook",
        webhooks.ChangeWebhookResponse(webhook=WEBHOOK), json={"paused": False}, headers=V3,
        request=webhooks.ChangeWebhookRequest(webhook_id=THING, version=3, paused=False)),
    Right("remove_webhook", "DELETE", AT_WEBHOOK, "system", "messaging.RemoveWebhook",
        webhooks.RemoveWebhookResponse(), status=204, request=webhooks.RemoveWebhookRequest(webhook_id=THING)),
    Right("rotate_webhook_secret", "POST", f"{AT_WEBHOOK}/secret", "system", "messaging.RotateSecret",
        webhooks.RotateSecretResponse(secret="whsec_BBBB", former_until=at()), status=201,
        request=webhooks.RotateSecretRequest(webhook_id=THING)),
    Right("list_deliveries", "GET", f"{AT_WEBHOOK}/deliveries?state=waiting&limit=10", "system",
        "messaging.ListDeliveries", webhooks.ListDeliveriesResponse(deliveries=[DELIVERY], next_cursor="n"),
        request=webhooks.ListDeliveriesRequest(webhook_id=THING, state=webhooks.DELIVERY_STATE_WAITING, limit=10)),
    Right("resend_deliveries", "POST", f"{AT_WEBHOOK}/deliveries/resend", "system", "messaging.Resend",
        webhooks.ResendResponse(waiting=1), json={"delivery_ids": [OTHER]},
        request=webhooks.ResendRequest(webhook_id=THING, delivery_ids=[OTHER])),
    Right("replay_webhook", "POST", f"{AT_WEBHOOK}/replay", "system", "messaging.Replay",
        webhooks.ReplayResponse(waiting=40), json={"since": AT},
        request=webhooks.ReplayRequest(webhook_id=THING, since=at())),
    Right("get_preferences", "GET", "/v1/me/preferences", "patient", "messaging.GetPreferences",
        telling.GetPreferencesResponse(preferences=PREFERENCES), request=telling.GetPreferencesRequest()),
    Right("change_preferences", "PUT", "/v1/me/preferences", "patient", "messaging.ChangePreferences",
        telling.ChangePreferencesResponse(preferences=PREFERENCES), json=CHOSEN, headers=V3,
        request=telling.ChangePreferencesRequest(preferences=PREFERRED)),
    Right("give_email", "PUT", "/v1/me/email", "patient", "messaging.GiveEmail",
        telling.GiveEmailResponse(code_ends_at=at()), json={"email": "m@exemple.fr"},
        request=telling.GiveEmailRequest(email="m@exemple.fr")),
    Right("confirm_email", "POST", "/v1/me/email/confirm", "patient", "messaging.ConfirmEmail",
        telling.ConfirmEmailResponse(preferences=PREFERENCES), json={"code": "40318275"},
        request=telling.ConfirmEmailRequest(code="40318275")),
    Right("forget_email", "DELETE", "/v1/me/email", "patient", "messaging.ForgetEmail", telling.ForgetEmailResponse(),
        status=204, request=telling.ForgetEmailRequest()),
    Right("list_portals", "GET", "/v1/portals", "patient", "messaging.ListPortals",
        telling.ListPortalsResponse(portals=[telling.Portal(portal_id=OTHER, label="Mon espace")]),
        request=telling.ListPortalsRequest()),
    Right("list_absences", "GET", "/v1/me/absences", "professional", "messaging.ListAbsences",
        telling.ListAbsencesResponse(absences=[ABSENCE]), request=telling.ListAbsencesRequest()),
    Right("declare_absence", "POST", "/v1/me/absences", "professional", "messaging.DeclareAbsence",
        telling.DeclareAbsenceResponse(absence=ABSENCE), status=201, json={**TIMES, "delegate_id": DOCTOR},
        request=telling.DeclareAbsenceRequest(delegate_professional_id=DOCTOR, **PERIOD)),
    Right("end_absence", "POST", f"/v1/me/absences/{THING}/end", "professional", "messaging.EndAbsence",
        telling.EndAbsenceResponse(absence=ABSENCE), request=telling.EndAbsenceRequest(absence_id=THING)),
    Right("list_on_call", "GET", f"{AT_TEAM}?since={AT}&until={AT}&names=true", "professional", "messaging.ListOnCall",
        telling.ListOnCallResponse(times=[ON_CALL]), request=telling.ListOnCallRequest(structure_id=OTHER, **PERIOD)),
    Right("put_on_call", "POST", AT_TEAM, "professional", "messaging.PutOnCall",
        telling.PutOnCallResponse(time=ON_CALL), status=201, json={**TIMES, "professional_id": NURSE},
        request=telling.PutOnCallRequest(structure_id=OTHER, professional_id=NURSE, **PERIOD)),
    Right("take_off_call", "DELETE", f"{AT_TEAM}/{THING}", "professional", "messaging.TakeOffCall",
        telling.TakeOffCallResponse(), status=204, request=telling.TakeOffCallRequest(on_call_id=THING)),
    Right("list_addressees", "GET", f"{RECORD}/addressees?names=true", "professional", "messaging.ListAddressees",
        ADDRESSEES, request=telling.ListAddresseesRequest(patient_id=PATIENT)),
]  # fmt: skip
