"""Talking in tests: the calls of the conversation service, as whoever is calling, and what they left behind."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select, text
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_platform.database import Database

CIRCLE = pb.THREAD_KIND_CIRCLE
WITH_PATIENT = pb.THREAD_KIND_WITH_PATIENT
SIDE = pb.THREAD_KIND_SIDE
DIRECT = pb.THREAD_KIND_DIRECT
TEAM = pb.THREAD_KIND_TEAM


@dataclass
class Talking:
    """Each call is one second after the one before."""

    stub: Any
    patient: str
    clock: Any

    def _tick(self) -> None:
        self.clock.at += timedelta(seconds=1)

    async def open(self, kind: Any, **more: Any) -> pb.Thread:
        """A thread; around the patient unless it is about none."""
        reply = await self.opened(kind, **more)
        return reply.thread

    async def opened(self, kind: Any, **more: Any) -> pb.OpenThreadResponse:
        self._tick()
        if kind in (CIRCLE, WITH_PATIENT, SIDE):
            more.setdefault("patient_id", self.patient)
        if kind == SIDE:
            more.setdefault("title", "Pansement")
        reply: pb.OpenThreadResponse = await self.stub.OpenThread(pb.OpenThreadRequest(kind=kind, **more))
        return reply

    async def thread(self, thread: pb.Thread) -> pb.GetThreadResponse:
        reply: pb.GetThreadResponse = await self.stub.GetThread(pb.GetThreadRequest(thread_id=thread.thread_id))
        return reply

    async def change(self, thread: pb.Thread, **more: Any) -> pb.Thread:
        self._tick()
        more.setdefault("version", thread.version)
        asked = pb.ChangeThreadRequest(thread_id=thread.thread_id, **more)
        reply: pb.ChangeThreadResponse = await self.stub.ChangeThread(asked)
        return reply.thread

    async def post(self, thread: pb.Thread, text: str = "Bonjour", **more: Any) -> pb.Message:
        self._tick()
        asked = pb.PostMessageRequest(thread_id=thread.thread_id, text=text, **more)
        reply: pb.PostMessageResponse = await self.stub.PostMessage(asked)
        return reply.message

    async def edit(self, message: pb.Message, text: str, **more: Any) -> pb.Message:
        self._tick()
        more.setdefault("version", message.version)
        asked = pb.EditMessageRequest(thread_id=message.thread_id, message_id=message.message_id, text=text, **more)
        reply: pb.EditMessageResponse = await self.stub.EditMessage(asked)
        return reply.message

    async def delete(self, message: pb.Message, **more: Any) -> pb.Message:
        self._tick()
        more.setdefault("version", message.version)
        asked = pb.DeleteMessageRequest(thread_id=message.thread_id, message_id=message.message_id, **more)
        reply: pb.DeleteMessageResponse = await self.stub.DeleteMessage(asked)
        return reply.message

    async def answer(self, message: pb.Message, **answer: Any) -> pb.Message:
        self._tick()
        asked = pb.AnswerItemRequest(
            thread_id=message.thread_id, message_id=message.message_id, answer=pb.ItemAnswer(**answer)
        )
        reply: pb.AnswerItemResponse = await self.stub.AnswerItem(asked)
        return reply.message

    async def page(self, thread: pb.Thread, **more: Any) -> pb.ListMessagesResponse:
        asked = pb.ListMessagesRequest(thread_id=thread.thread_id, **more)
        reply: pb.ListMessagesResponse = await self.stub.ListMessages(asked)
        return reply

    async def texts(self, thread: pb.Thread, **more: Any) -> list[str]:
        return [one.text for one in (await self.page(thread, **more)).messages]

    async def get(self, message: pb.Message) -> pb.GetMessageResponse:
        asked = pb.GetMessageRequest(thread_id=message.thread_id, message_id=message.message_id)
        reply: pb.GetMessageResponse = await self.stub.GetMessage(asked)
        return reply

    async def mark(self, thread: pb.Thread, read: int = 0, received: int = 0) -> int:
        self._tick()
        asked = pb.MarkThreadRequest(thread_id=thread.thread_id, read_up_to=read, received_up_to=received)
        reply: pb.MarkThreadResponse = await self.stub.MarkThread(asked)
        return int(reply.unread)

    async def threads(self, **more: Any) -> pb.ListThreadsResponse:
        reply: pb.ListThreadsResponse = await self.stub.ListThreads(pb.ListThreadsRequest(**more))
        return reply

    async def unread(self) -> pb.CountUnreadResponse:
        reply: pb.CountUnreadResponse = await self.stub.CountUnread(pb.CountUnreadRequest())
        return reply

    async def search(self, query: str, **more: Any) -> pb.SearchMessagesResponse:
        asked = pb.SearchMessagesRequest(query=query, **more)
        reply: pb.SearchMessagesResponse = await self.stub.SearchMessages(asked)
        return reply

    async def news(self, **more: Any) -> pb.GetNewsResponse:
        more.setdefault("patient_id", self.patient)
        reply: pb.GetNewsResponse = await self.stub.GetNews(pb.GetNewsRequest(**more))
        return reply


def professional(id: UUID) -> pb.Party:
    return pb.Party(professional_id=str(id))


def person(id: UUID) -> pb.Party:
    return pb.Party(person_id=str(id))


async def kept(database: Database, table: Table) -> list[Any]:
    async with database.reading() as connection:
        return [dict(row) for row in (await connection.execute(select(table))).mappings()]


async def until_somebody_waits(database: Database) -> None:
    """Until a statement waits for what another transaction holds."""
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    for _ in range(500):
        async with database.reading() as connection:
            if (await connection.execute(text(waiting))).scalar_one():
                return
        await asyncio.sleep(0.01)
    raise TimeoutError
