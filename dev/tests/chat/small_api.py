"""/v1 in miniature: the part that the example portal's pages call."""

import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from .small_platform import PATIENT, PEOPLE, PICTURE, THREAD, Platform, Told, file, now


class Api:
    """/v1, as far as the pages go."""

    def __init__(self, platform: Platform) -> None:
        self._of = platform

    async def answer(self, request: Request) -> Response:
        """One call."""
        path, method = request.url.path.removeprefix("/v1/"), request.method
        self._of.asked.append((method, request.url.path, request.headers.get("terresante-place", "")))
        who = self._of.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if who is None:
            return _problem(401, "TOKEN_INVALID")
        if path == "stream":
            since = request.headers.get("last-event-id") or request.query_params.get("last_event_id")
            start = int(since) if since else len(self._of.events)
            return StreamingResponse(self._stream(start), media_type="text/event-stream")
        if path.startswith("threads") and who in self._of.closed:
            return _problem(404, "THREAD_UNKNOWN", "Ce fil n’existe pas.")
        found = getattr(self, f"_{method.lower()}_{self._name(path)}", None)
        if found is None:
            return _problem(404, "PATH_UNKNOWN", f"{method} {path}")
        answer: Response = await found(who, request, path.split("/"))
        return answer

    @staticmethod
    def _name(path: str) -> str:
        ids = {PATIENT, THREAD}
        parts = [part for part in path.split("/") if part not in ids]
        return "_".join("id" if part[:2] in ("m-", "f-") else part for part in parts)

    async def _get_me(self, who: str, _: Request, __: list[str]) -> Response:
        one = PEOPLE[who]
        given, family = str(one["name"]).split()
        places = [
            {"id": f"{who}-{at}", "structure_id": f"s-{at}", "structure": name, "role": "", "until": None}
            for at, name in enumerate(("Cabinet", "Hôpital"))
        ]
        professional = {"given_name": given, "family_name": family, "places": places if who == "gp" else places[:1]}
        person = {"id": PATIENT, "traits": _traits()}
        return JSONResponse(
            {
                "id": one["id"],
                "kind": one["kind"],
                "professional": professional if who != "patient" else None,
                "person": person if who == "patient" else None,
            }
        )

    async def _get_patients(self, who: str, _: Request, __: list[str]) -> Response:
        return JSONResponse(
            {
                "items": [{"id": PATIENT, "person": {"traits": _traits()}}] if who != "patient" else [],
                "next_cursor": None,
            }
        )

    async def _get_unread(self, who: str, _: Request, __: list[str]) -> Response:
        unread = self._unread(who)
        return JSONResponse(
            {
                "unread": unread,
                "unread_urgent": 0,
                "patients": [{"patient_id": PATIENT, "unread": unread, "unread_urgent": 0}] if unread else [],
            }
        )

    async def _get_threads(self, who: str, _: Request, path: list[str]) -> Response:
        if path[-1] != THREAD:
            return JSONResponse({"items": [self._thread(who)], "next_cursor": None})
        marks = [{"who": PEOPLE[one], "read_up_to": place} for one, place in self._of.marks.items()]
        return JSONResponse({**self._thread(who), "marks": marks})

    async def _post_threads(self, who: str, request: Request, __: list[str]) -> Response:
        key = request.headers["idempotency-key"]
        if key not in self._of.keys:
            self._of.keys[key] = await request.json()
            self._of.opened.append(self._of.keys[key])
        return JSONResponse({**self._thread(who), "opened": False})

    async def _get_professionals(self, _: str, request: Request, __: list[str]) -> Response:
        text = request.query_params["text"].casefold()
        found = [PEOPLE[one] for one in ("gp", "nurse") if text in str(PEOPLE[one]["name"]).casefold()]
        items = [
            {"id": one["id"], "given_name": given, "family_name": family, "profession_label": one["profession_label"]}
            for one in found
            for given, family in [str(one["name"]).split()]
        ]
        return JSONResponse({"items": items, "next_cursor": None})

    async def _get_threads_messages(self, _: str, request: Request, __: list[str]) -> Response:
        query = request.query_params
        limit = int(query["limit"])
        after, before = int(query.get("after", -1)), int(query.get("before", 10**9))
        if after >= 0:
            found = [one for one in self._of.messages if one["place"] > after]
            return JSONResponse({"items": found[:limit], "more_before": after > 0, "more_after": len(found) > limit})
        found = [one for one in self._of.messages if one["place"] < before]
        return JSONResponse({"items": found[-limit:], "more_before": len(found) > limit, "more_after": False})

    async def _post_threads_messages(self, who: str, request: Request, _: list[str]) -> Response:
        key, said = request.headers["idempotency-key"], await request.json()
        if key not in self._of.keys:
            said["mentions"] = [PEOPLE[one["id"]] for one in said["mentions"]]
            said["attachments"] = [self._of.files[one] for one in said.pop("attachment_ids")]
            task = (said["item"] or {}).get("task")
            if task:
                said["item"] = {
                    "task": {"due": None, **task, "who": PEOPLE[task["who"]["id"]] if "who" in task else None}
                }
            self._of.keys[key] = await self._of.post(who, **said)
        return JSONResponse(self._of.keys[key], 201)

    async def _get_threads_messages_id(self, _: str, __: Request, path: list[str]) -> Response:
        message = self._message(path)
        readers = [
            one
            for one, place in self._of.marks.items()
            if place >= message["place"] and PEOPLE[one] != message["author"]
        ]
        receipts = [{"who": PEOPLE[one], "received_at": now(), "read_at": now()} for one in readers]
        return JSONResponse({"former": [], **message, "receipts": receipts})

    async def _put_threads_messages_id(self, _: str, request: Request, path: list[str]) -> Response:
        message, said = self._message(path), await request.json()
        if request.headers["if-match"] != f'"{message["version"]}"':
            return _problem(412, "VERSION_STALE", "Ce message a changé entre-temps.")
        message.update(text=said["text"], edited_at=now(), version=message["version"] + 1)
        await self._of.tell("message_edited", message_id=message["id"])
        return JSONResponse(message)

    async def _delete_threads_messages_id(self, _: str, __: Request, path: list[str]) -> Response:
        message = self._message(path)
        message.update(text="", deleted_at=now(), version=message["version"] + 1)
        await self._of.tell("message_deleted", message_id=message["id"])
        return JSONResponse(message)

    async def _post_threads_messages_id_answers(self, who: str, request: Request, path: list[str]) -> Response:
        message, said = self._message(path), await request.json()
        message["acts"].append({"id": "a", "actor": PEOPLE[who], "at": now(), **said})
        await self._of.tell("item_answered", message_id=message["id"])
        return JSONResponse(message, 201)

    async def _put_threads_mark(self, who: str, request: Request, _: list[str]) -> Response:
        told = await request.json()
        if told["read_up_to"] > self._of.marks.get(who, 0):
            self._of.marks[who] = told["read_up_to"]
            await self._of.tell("thread_marked", actor_id=who, place=told["read_up_to"])
        return JSONResponse({"unread": self._unread(who)})

    async def _post_threads_attachments(self, _: str, request: Request, __: list[str]) -> Response:
        async with request.form() as form:
            description = form["description"]
            told = json.loads(description if isinstance(description, str) else await description.read())
        kept = file(f"f-{len(self._of.files)}", told["name"], "waiting")
        self._of.files[kept["id"]] = kept
        return JSONResponse(kept, 201)

    async def _get_threads_attachments_id_thumbnail(self, *_: Any) -> Response:
        return Response(PICTURE, media_type="image/png")

    async def _get_patients_circle(self, *_: Any) -> Response:
        members = [{"professional": PEOPLE[one], "until": None} for one in ("gp", "nurse")]
        return JSONResponse({"members": members})

    async def _get_patients_news(self, *_: Any) -> Response:
        line = {
            "kind": "document",
            "count": 2,
            "about_id": "d",
            "thread_id": None,
            "actor": PEOPLE["gp"],
            "urgent": False,
            "at": now(),
        }
        said = {
            "kind": "message",
            "count": 3,
            "about_id": "m",
            "thread_id": THREAD,
            "actor": PEOPLE["nurse"],
            "urgent": True,
            "at": now(),
        }
        return JSONResponse({"since": now(), "items": [said, line], "more": False})

    def _message(self, path: list[str]) -> Told:
        return next(one for one in self._of.messages if one["id"] in path)

    def _unread(self, who: str) -> int:
        return sum(
            one["place"] > self._of.marks.get(who, 0) and one["author"] != PEOPLE[who] for one in self._of.messages
        )

    def _thread(self, who: str) -> Told:
        last = self._of.messages[-1] if self._of.messages else None
        return {
            "id": THREAD, "kind": "circle", "patient_id": PATIENT, "structure_id": None, "title": None, "members": [],
            "with_patient": False, "readable": True, "writable": True, "last_place": len(self._of.messages),
            "last_at": last and last["sent_at"], "unread": self._unread(who), "unread_urgent": 0,
            "read_up_to": self._of.marks.get(who, 0), "visible_from": 1, "version": 1,
        }  # fmt: skip

    async def _stream(self, start: int) -> AsyncIterator[bytes]:
        yield b"retry: 200\n\n: direct\n\n"
        while True:
            async with self._of.happened:
                while len(self._of.events) <= start:
                    await self._of.happened.wait()
            for kind, about in self._of.events[start:]:
                start += 1
                yield f"id: {start}\nevent: {kind}\ndata: {json.dumps(about)}\n\n".encode()


def _traits() -> Told:
    return {"first_name": "Jeanne", "birth_name": "Morel", "used_first_name": None, "used_name": None}


def _problem(status: int, reason: str, detail: str = "") -> Response:
    told = {"status": status, "reason": reason, "detail": detail}
    return JSONResponse(told, status, media_type="application/problem+json")
