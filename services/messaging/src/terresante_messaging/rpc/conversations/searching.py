"""Searching in what the caller may read now. No index is kept (docs/decisions/0014): messages are opened and read,
newest first, a bounded number a call, and the answer says how far that came."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_contents.sealing import OwnerKey
from terresante_platform.ids import moment_of
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.messages import Message
from terresante_messaging.domain.people import PatientId, ThreadId
from terresante_messaging.domain.searching import matches, words
from terresante_messaging.domain.threads import Thread, Window, is_meant_for, window
from terresante_messaging.rpc.conversations.reading import fitting, whole
from terresante_messaging.rpc.deciding import caller
from terresante_messaging.rpc.desk import READERS, Desk
from terresante_messaging.store import listing, searching
from terresante_messaging.store.listing import Allowed
from terresante_messaging.store.messages import Look, message_of, words_of
from terresante_messaging.store.moments import least_id
from terresante_messaging.wire import parts

MOST = 50
USUAL = 20
FIRST_SPAN = timedelta(days=7)
LONGEST_SPAN = timedelta(days=180)
_MILLISECOND = timedelta(milliseconds=1)


class Searching:
    """Search."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @allow(*READERS)
    async def SearchMessages(self, request: pb.SearchMessagesRequest, _: Any) -> pb.SearchMessagesResponse:
        """Messages in which all the words stand, newest first."""
        wanted, size = words(request.query), parts.limit(request.limit, MOST, USUAL)
        below = parts.cursor_id(request.cursor)
        look = await self._looked_through(request)
        search = _Search(self._desk, look, wanted, size)
        await search.run(below)
        found = await search.shown()
        return pb.SearchMessagesResponse(
            messages=found,
            next_cursor="" if search.done else search.below.hex,
            looked_back_to=parts.stamp(search.looked_back_to),
        )

    async def _looked_through(self, request: pb.SearchMessagesRequest) -> _Through:
        """Which threads, and what of them was decided already. Refuses as reading them does."""
        desk = self._desk
        patient = parts.optional_patient(request.patient_id)
        if request.thread_id:
            kept = await desk.thread(parts.thread_id(request.thread_id))
            allowed = await desk.deciding.read(kept.thread)
            same = patient is None or patient == kept.thread.patient
            return _Through([kept.thread] if same else [], {kept.thread.id: allowed})
        if patient is not None:
            return await self._around(patient)
        mine = await desk.deciding.mine()
        async with desk.database.reading() as connection:
            allowed_ = Allowed(caller(), mine.patients, mine.structures, mine.direct)
            return _Through(await listing.readable(connection, allowed_))

    async def _around(self, patient: PatientId) -> _Through:
        me, around = caller(), await self._desk.deciding.read_around(patient)
        async with self._desk.database.reading() as connection:
            found = await listing.readable(connection, Allowed(me, {patient: around.visible_from}))
        threads = [thread for thread in found if is_meant_for(thread, me)]
        return _Through(threads, {one.id: window(one, me, around.visible_from) for one in threads})


@dataclass(slots=True)
class _Through:
    """What is looked through. `windows`: what was decided so far; None: they may not read it."""

    threads: Sequence[Thread]
    windows: dict[ThreadId, Window | None] = field(default_factory=dict)


class _Search:
    """One call. Whether the caller may read around a patient is decided before the first message there is opened."""

    def __init__(self, desk: Desk, through: _Through, wanted: tuple[str, ...], size: int) -> None:
        self._desk = desk
        self._threads = {thread.id: thread for thread in through.threads}
        self._windows = through.windows
        self._wanted = wanted
        self._size = size
        self._keys: dict[UUID, OwnerKey] = {}
        self._decided: dict[object, decisions_pb.Decision] = {}
        self._found: list[Message] = []
        self.below = UUID(int=2**128 - 1)
        self.looked_back_to: datetime = desk.now()
        self.done = not self._threads

    async def run(self, below: UUID | None) -> None:
        """Looks until enough is found, enough was looked at, or nothing is left."""
        if self.done:
            return
        bounds = self._desk.bounds
        until, looked, span = time.monotonic() + bounds.seconds, 0, FIRST_SPAN
        newest = max(thread.last_at for thread in self._threads.values())
        oldest = min(thread.opened_at for thread in self._threads.values())
        self.below = min(below or self.below, least_id(newest + _MILLISECOND))
        while not self.done and looked < bounds.most and time.monotonic() < until:
            low = max(moment_of(self.below) - span, oldest)
            rows = await self._stretch(low)
            looked += len(rows)
            if not await self._look_at(rows):
                return
            if len(rows) < bounds.at_once:
                self.below, self.looked_back_to = least_id(low), low
                self.done = low <= oldest
                span = min(span * 2, LONGEST_SPAN)

    async def shown(self) -> list[pb.Message]:
        """What was found, with files and answers, newest first, as far as it goes into one answer: the search goes on
        after the last of these."""
        shown: dict[str, pb.Message] = {}
        async with self._desk.database.reading() as connection:
            for id in {message.thread for message in self._found}:
                thread = self._threads[id]
                look = Look(thread, self._windows[id] or Window(), self._keys[thread.owner])
                page = [message for message in self._found if message.thread == id]
                shown |= {one.message_id: one for one in await whole(connection, look, page)}
        whole_page = [shown[str(message.id)] for message in self._found]
        fits = fitting(whole_page)
        if fits < len(whole_page):
            last = self._found[fits - 1].id
            self.done, self.below, self.looked_back_to = False, last, moment_of(last) + _MILLISECOND
        return whole_page[:fits]

    async def _stretch(self, low: datetime) -> list[Any]:
        begin = least_id(low)
        refused = {id for id, allowed in self._windows.items() if allowed is None}
        near = [one for one in self._threads.values() if one.last_at >= low and one.id not in refused]
        if not near:
            return []
        async with self._desk.database.reading() as connection:
            return await searching.stretch(connection, near, begin, self.below, self._desk.bounds.at_once)

    async def _look_at(self, rows: Sequence[Any]) -> bool:
        """Whether to go on: not when enough is found."""
        if not rows:
            return True
        await self._decide({row["thread_id"] for row in rows})
        readable = [row for row in rows if self._shows(row)]
        found = await asyncio.to_thread(self._matching, readable)
        room = self._size - len(self._found)
        self._found += found[:room]
        last = found[room - 1].id if len(found) >= room else rows[-1]["id"]
        self.below, self.looked_back_to = last, moment_of(last) + _MILLISECOND
        return len(found) < room

    async def _decide(self, ids: set[ThreadId]) -> None:
        new = [self._threads[id] for id in sorted(ids) if id not in self._windows]
        allowed = await self._desk.deciding.read_many(new, self._decided)
        self._windows |= {thread.id: allowed.get(thread.id) for thread in new}
        owners = {self._threads[id].owner for id in ids if self._windows[id]} - self._keys.keys()
        if owners:
            async with self._desk.database.reading() as connection:
                self._keys |= await searching.keys(connection, self._desk.masters, owners)

    def _shows(self, row: Any) -> bool:
        allowed = self._windows[row["thread_id"]]
        return allowed is not None and allowed.shows(row["place"], row["sent_at"])

    def _matching(self, rows: Sequence[Any]) -> list[Message]:
        """In a thread of its own, so that others are served meanwhile."""
        found = []
        for row in rows:
            key = self._keys[self._threads[row["thread_id"]].owner]
            if matches(*words_of(row, key), self._wanted):
                found.append(message_of(row, key))
        return found
