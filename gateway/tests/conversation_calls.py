"""Right calls of conversations (see `operations.py`)."""

import json
from typing import Any

from terresante.messaging.v1 import attachment_service_pb2 as attachments
from terresante.messaging.v1 import conversation_service_pb2 as messaging

from .things import AT, DOCTOR, NURSE, OTHER, PATIENT, RECORD, THING, V3, Right, at

THREAD = "0190f3c2-0000-7cc1-9d20-000000000008"
MESSAGE = "0190f3c2-0000-7cc1-9d20-000000000009"
FILE = "0190f3c2-0000-7cc1-9d20-00000000000a"
IN_THREAD = f"/v1/threads/{THREAD}"
AT_MESSAGE = f"{IN_THREAD}/messages/{MESSAGE}"
BY_NURSE = messaging.Party(professional_id=NURSE)
BY_DOCTOR = messaging.Party(professional_id=DOCTOR)
BY_PATIENT = messaging.Party(person_id=PATIENT)
SIDE = messaging.Thread(
    thread_id=THREAD,
    kind=messaging.THREAD_KIND_SIDE,
    patient_id=PATIENT,
    members=[BY_NURSE, BY_DOCTOR],
    hidden_from_representatives=True,
    title="Sortie d’hôpital",
    opened_by_id=DOCTOR,
    opened_at=at(),
    readable=True,
    writable=True,
    version=3,
    last_place=12,
    last_at=at(),
    unread=4,
    unread_urgent=1,
    read_up_to=8,
    visible_from=2,
)
JPEG = b"\xff\xd8\xff\xe0hello"
PHOTO = messaging.Attachment(
    attachment_id=FILE,
    name="plaie-talon.jpg",
    media_type="image/jpeg",
    size=5,
    sha256="2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    thumbnail=messaging.THUMBNAIL_STATE_WAITING,
)
TASK = messaging.Task(what="Rappeler le laboratoire", who=BY_DOCTOR, due=at())
WRITTEN = messaging.Message(
    message_id=MESSAGE,
    thread_id=THREAD,
    place=12,
    author=BY_NURSE,
    author_place_id=OTHER,
    sent_at=at(),
    text="Talon rouge ce matin.",
    urgent=True,
    quoted_message_id=THING,
    mentions=[BY_DOCTOR, BY_PATIENT],
    attachments=[PHOTO],
    item=messaging.Item(task=TASK),
    acts=[
        messaging.ItemAct(
            act_id=THING,
            actor=BY_DOCTOR,
            answer=messaging.ItemAnswer(task=messaging.TASK_STATE_TAKEN),
            at=at(),
        )
    ],
    edited_at=at(),
    version=3,
    origin=messaging.MESSAGE_ORIGIN_PLATFORM,
)
NEWS = messaging.GetNewsResponse(
    since=at(),
    lines=[
        messaging.NewsLine(
            kind=messaging.NEWS_KIND_MESSAGE,
            actor_id=NURSE,
            about_id=MESSAGE,
            thread_id=THREAD,
            count=3,
            urgent=True,
            at=at(),
        ),
        messaging.NewsLine(kind=messaging.NEWS_KIND_CONSENT, actor_id=PATIENT, count=1, at=at()),
    ],
    more=True,
)
ATTACHED = [
    ("description", (None, json.dumps({"name": "plaie-talon.jpg"}))),
    ("content", ("photo.jpg", JPEG, "image/jpeg")),
]
POSTED = {
    "text": "Talon rouge ce matin.",
    "urgent": True,
    "quoted_message_id": THING,
    "mentions": [{"kind": "professional", "id": DOCTOR}, {"kind": "patient", "id": PATIENT}],
    "attachment_ids": [FILE],
    "item": {"task": {"what": "Rappeler le laboratoire", "who": {"kind": "professional", "id": DOCTOR}, "due": AT}},
}


async def taken(messages: Any) -> attachments.UploadAttachmentResponse:
    """A messaging service that reads a whole upload."""
    async for _ in messages:
        pass
    return attachments.UploadAttachmentResponse(attachment=PHOTO)


CONVERSATIONS = [
    Right("list_threads", "GET", f"/v1/threads?patient_id={PATIENT}&unread_only=true&limit=10&names=true", "patient",
        "messaging.ListThreads", messaging.ListThreadsResponse(threads=[SIDE]),
        request=messaging.ListThreadsRequest(patient_id=PATIENT, unread_only=True, limit=10)),
    Right("open_thread", "POST", "/v1/threads", "professional", "messaging.OpenThread",
        messaging.OpenThreadResponse(thread=SIDE, opened=True), status=201,
        json={"kind": "side", "patient_id": PATIENT, "professional_ids": [NURSE], "title": "Sortie d’hôpital",
            "hidden_from_representatives": True},
        request=messaging.OpenThreadRequest(kind=messaging.THREAD_KIND_SIDE, patient_id=PATIENT,
            professional_ids=[NURSE], title="Sortie d’hôpital", hidden_from_representatives=True)),
    Right("get_thread", "GET", IN_THREAD, "patient", "messaging.GetThread",
        messaging.GetThreadResponse(thread=SIDE, marks=[messaging.PartyMark(party=BY_PATIENT, received_up_to=12,
            read_up_to=8, received_at=at())]),
        request=messaging.GetThreadRequest(thread_id=THREAD)),
    Right("change_thread", "PATCH", IN_THREAD, "professional", "messaging.ChangeThread",
        messaging.ChangeThreadResponse(thread=SIDE), headers=V3,
        json={"added_professional_ids": [NURSE], "removed_professional_ids": [OTHER], "hidden_from_patient": False},
        request=messaging.ChangeThreadRequest(thread_id=THREAD, version=3, added_professional_ids=[NURSE],
            removed_professional_ids=[OTHER], hidden_from_patient=False)),
    Right("list_messages", "GET", f"{IN_THREAD}/messages?after=0&limit=20", "patient", "messaging.ListMessages",
        messaging.ListMessagesResponse(messages=[WRITTEN], more_after=True),
        request=messaging.ListMessagesRequest(thread_id=THREAD, after=0, limit=20)),
    Right("post_message", "POST", f"{IN_THREAD}/messages", "professional", "messaging.PostMessage",
        messaging.PostMessageResponse(message=WRITTEN), json=POSTED, status=201,
        request=messaging.PostMessageRequest(thread_id=THREAD, text="Talon rouge ce matin.", urgent=True,
            quoted_message_id=THING, mentions=[BY_DOCTOR, BY_PATIENT], attachment_ids=[FILE],
            item=messaging.Item(task=TASK))),
    Right("get_message", "GET", AT_MESSAGE, "patient", "messaging.GetMessage",
        messaging.GetMessageResponse(message=WRITTEN,
            former=[messaging.FormerText(text="Talon rose.", version=1, until=at())],
            receipts=[messaging.Receipt(party=BY_DOCTOR, received_at=at())]),
        request=messaging.GetMessageRequest(thread_id=THREAD, message_id=MESSAGE)),
    Right("edit_message", "PUT", AT_MESSAGE, "patient", "messaging.EditMessage",
        messaging.EditMessageResponse(message=WRITTEN), headers=V3,
        json={"text": "Talon très rouge.", "mentions": [{"kind": "professional", "id": DOCTOR}]},
        request=messaging.EditMessageRequest(thread_id=THREAD, message_id=MESSAGE, version=3, text="Talon très rouge.",
            mentions=[BY_DOCTOR])),
    Right("delete_message", "DELETE", AT_MESSAGE, "professional", "messaging.DeleteMessage",
        messaging.DeleteMessageResponse(message=WRITTEN), headers=V3,
        request=messaging.DeleteMessageRequest(thread_id=THREAD, message_id=MESSAGE, version=3)),
    Right("answer_item", "POST", f"{AT_MESSAGE}/answers", "professional", "messaging.AnswerItem",
        messaging.AnswerItemResponse(message=WRITTEN), json={"task": "done"}, status=201,
        request=messaging.AnswerItemRequest(thread_id=THREAD, message_id=MESSAGE,
            answer=messaging.ItemAnswer(task=messaging.TASK_STATE_DONE))),
    Right("mark_thread", "PUT", f"{IN_THREAD}/mark", "patient", "messaging.MarkThread",
        messaging.MarkThreadResponse(unread=2), json={"received_up_to": 12, "read_up_to": 10},
        request=messaging.MarkThreadRequest(thread_id=THREAD, received_up_to=12, read_up_to=10)),
    Right("count_unread", "GET", "/v1/unread", "professional", "messaging.CountUnread",
        messaging.CountUnreadResponse(unread=7, unread_urgent=1,
            patients=[messaging.PatientUnread(patient_id=PATIENT, unread=4, unread_urgent=1)]),
        request=messaging.CountUnreadRequest()),
    Right("search_messages", "POST", "/v1/messages/search", "professional", "messaging.SearchMessages",
        messaging.SearchMessagesResponse(messages=[WRITTEN], looked_back_to=at()),
        json={"query": "talon rou", "patient_id": PATIENT, "names": True},
        request=messaging.SearchMessagesRequest(query="talon rou", patient_id=PATIENT, limit=20)),
    Right("get_news", "GET", f"{RECORD}/news?since=2026-03-02T08:15:00.25Z&names=true", "professional",
        "messaging.GetNews", NEWS, request=messaging.GetNewsRequest(patient_id=PATIENT, since=at())),
    Right("visit_patient", "POST", f"{RECORD}/visits", "professional", "messaging.GetNews", NEWS, status=201,
        json={}, request=messaging.GetNewsRequest(patient_id=PATIENT, visit=True)),
    Right("upload_attachment", "POST", f"{IN_THREAD}/attachments", "patient", "messaging.UploadAttachment", taken,
        files=ATTACHED, status=201),
    Right("read_attachment", "GET", f"{IN_THREAD}/attachments/{FILE}/content", "patient", "messaging.ReadAttachment",
        [attachments.ReadAttachmentResponse(attachment=PHOTO), attachments.ReadAttachmentResponse(chunk=b"hello")],
        request=attachments.ReadAttachmentRequest(thread_id=THREAD, attachment_id=FILE)),
    Right("read_thumbnail", "GET", f"{IN_THREAD}/attachments/{FILE}/thumbnail", "patient", "messaging.ReadThumbnail",
        attachments.ReadThumbnailResponse(jpeg=JPEG),
        request=attachments.ReadThumbnailRequest(thread_id=THREAD, attachment_id=FILE)),
]  # fmt: skip
