"""Random acts against a plain model: who sees which place with which text, and what is unread for each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_platform.refusals import Denied, Invalid, Unknown

from .conftest import People
from .conversing import CIRCLE, SIDE, WITH_PATIENT, Talking
from .world import World

PROFESSIONALS = ("gp", "nurse", "doctor")
EVERYBODY = (*PROFESSIONALS, "patient")
KINDS = {"circle": CIRCLE, "with patient": WITH_PATIENT, "side": SIDE}


@dataclass
class Said:
    """A message of the model."""

    author: str
    text: str
    at: datetime
    sent: pb.Message
    urgent: bool
    deleted: bool = False


@dataclass
class Thread:
    """A thread of the model: places are positions in the list, from 1."""

    kind: str
    opened: pb.Thread
    said: list[Said] = field(default_factory=list)
    marks: dict[str, int] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)
    version: int = 1


@dataclass
class Model:
    """What should be so."""

    circle: set[str] = field(default_factory=lambda: set(PROFESSIONALS))
    since: dict[str, datetime] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    consent: bool = True
    threads: dict[str, Thread] = field(default_factory=dict)

    def reads(self, who: str, thread: Thread) -> bool:
        if who == "patient":
            return thread.kind == "with patient"
        stands = who in self.circle and who not in self.blocked and self.consent
        return stands and (thread.kind != "side" or who in thread.members)

    def shown(self, who: str, thread: Thread) -> list[tuple[int, Said]]:
        if not self.reads(who, thread):
            return []
        after = thread.members.get(who, 0) if thread.kind == "side" else 0
        since = self.since.get(who) if who != "patient" else None
        places = enumerate(thread.said, start=1)
        return [(place, one) for place, one in places if place > after and (since is None or one.at >= since)]

    def unread(self, who: str, thread: Thread) -> list[Said]:
        read = thread.marks.get(who, 0)
        seen = self.shown(who, thread)
        return [one for place, one in seen if place > read and one.author != who and not one.deleted]


who = st.sampled_from(EVERYBODY)
professional = st.sampled_from(PROFESSIONALS)
where = st.sampled_from(tuple(KINDS))
nth = st.integers(0, 5)
acts = st.one_of(
    st.tuples(st.just("post"), who, where, st.booleans()),
    st.tuples(st.just("post"), who, where, st.booleans()),
    st.tuples(st.just("edit"), who, where, nth),
    st.tuples(st.just("delete"), who, where, nth),
    st.tuples(st.just("mark"), who, where, nth),
    st.tuples(st.just("add"), professional, st.just("side"), st.just(0)),
    st.tuples(st.just("take out"), professional, st.just("side"), st.just(0)),
    st.tuples(st.just("leave"), professional, st.just(""), st.just(0)),
    st.tuples(st.just("return"), professional, st.just(""), st.booleans()),
    st.tuples(st.just("block"), professional, st.just(""), st.booleans()),
    st.tuples(st.just("consent"), professional, st.just(""), st.booleans()),
)


@dataclass
class Both:
    """The service and the model, side by side."""

    talking: Talking
    world: World
    people: People
    calling_as: Callable[..., Any]
    patient: UUID = field(default_factory=uuid4)
    model: Model = field(default_factory=Model)

    def id(self, one: str) -> UUID:
        return self.patient if one == "patient" else getattr(self.people, one)

    def being(self, one: str) -> None:
        self.calling_as("patient" if one == "patient" else "professional", self.id(one))

    async def begin(self) -> None:
        self.world.circles.clear()
        self.world.circles[self.patient] = {self.id(one) for one in PROFESSIONALS}
        self.world.consent_in_force = True
        self.world.blocked.clear()
        self.being("gp")
        for name, kind in KINDS.items():
            opened = await self.talking.open(kind, patient_id=str(self.patient))
            members = {"gp": 0} if name == "side" else {}
            self.model.threads[name] = Thread(name, opened, members=members)

    async def act(self, what: str, one: str, place: str, more: Any) -> None:
        thread = self.model.threads.get(place)
        self.being(one)
        if thread is None:
            self._standing(what, one, more)
        elif what in ("add", "take out"):
            await self._members(what, one, thread)
        elif what == "mark":
            await self._mark(one, thread, int(more))
        elif what == "post":
            await self._post(one, thread, bool(more))
        else:
            await self._change(what, one, thread, int(more))

    def _standing(self, what: str, one: str, more: Any) -> None:
        model, id = self.model, self.id(one)
        match what:
            case "leave":
                model.circle.discard(one)
                self.world.circles[self.patient].discard(id)
            case "return" if one not in model.circle:
                model.circle.add(one)
                self.world.circles[self.patient].add(id)
                if more:
                    model.since[one] = self.world.visible_from[self.patient, id] = self.talking.clock.forward(seconds=1)
            case "block":
                (model.blocked.add if more else model.blocked.discard)(one)
                (self.world.blocked.add if more else self.world.blocked.discard)(id)
            case "consent":
                model.consent = self.world.consent_in_force = bool(more)

    async def _post(self, one: str, thread: Thread, urgent: bool) -> None:
        text = f"{one} {len(thread.said) + 1}"
        allowed = self.model.reads(one, thread)
        sent = await self._tried(self.talking.post(thread.opened, text, urgent=urgent), allowed)
        if sent is not None:
            assert sent.place == len(thread.said) + 1
            thread.said.append(Said(one, text, self.talking.clock(), sent, urgent))
            if thread.marks.get(one, 0) == sent.place - 1:
                thread.marks[one] = sent.place

    async def _change(self, what: str, one: str, thread: Thread, n: int) -> None:
        if not thread.said:
            return
        place, said = list(enumerate(thread.said, start=1))[n % len(thread.said)]
        seen = place in {at for at, _ in self.model.shown(one, thread)}
        allowed = seen and said.author == one and not said.deleted
        call = self.talking.delete(said.sent) if what == "delete" else self.talking.edit(said.sent, said.text + "+")
        sent = await self._tried(call, allowed)
        if sent is not None:
            said.sent, said.deleted = sent, what == "delete"
            said.text = "" if said.deleted else said.text + "+"

    async def _mark(self, one: str, thread: Thread, n: int) -> None:
        place = min(n, len(thread.said))
        allowed = self.model.reads(one, thread)
        left = await self._tried(self.talking.mark(thread.opened, read=place), allowed)
        if left is not None:
            thread.marks[one] = max(thread.marks.get(one, 0), place)
            assert left == len(self.model.unread(one, thread))

    async def _members(self, what: str, one: str, thread: Thread) -> None:
        self.being("gp")
        wish = {"added_professional_ids" if what == "add" else "removed_professional_ids": [str(self.id(one))]}
        inside = one in thread.members
        allowed = self.model.reads("gp", thread) and (
            inside if what == "take out" else inside or (one in self.model.circle and one not in self.model.blocked)
        )
        sent = await self._tried(self.talking.change(thread.opened, version=thread.version, **wish), allowed)
        if sent is None or (what == "add" and inside):
            return
        thread.version += 1
        if what == "add":
            thread.members[one] = len(thread.said)
        else:
            del thread.members[one]

    async def _tried(self, call: Any, allowed: bool) -> Any:
        try:
            done = await call
        except (Denied, Unknown, Invalid) as refused:
            assert not allowed, refused.reason
            return None
        assert allowed
        return done

    async def check(self) -> None:
        for one in EVERYBODY:
            self.being(one)
            listed = {line.thread_id: line for line in (await self.talking.threads(limit=100)).threads}
            unread = 0
            for thread in self.model.threads.values():
                await self._check_thread(one, thread, listed)
                unread += len(self.model.unread(one, thread))
            counted = {each.patient_id: each for each in (await self.talking.unread()).patients}
            assert (counted[str(self.patient)].unread if str(self.patient) in counted else 0) == unread

    async def _check_thread(self, one: str, thread: Thread, listed: dict[str, pb.Thread]) -> None:
        line = listed.get(thread.opened.thread_id)
        reads = self.model.reads(one, thread)
        assert (line is not None and line.readable) == reads
        page = await self._tried(self.talking.page(thread.opened, limit=100), reads)
        if page is None or line is None:
            return
        shown, unread = self.model.shown(one, thread), self.model.unread(one, thread)
        assert [(each.place, each.text) for each in page.messages] == [(place, said.text) for place, said in shown]
        assert line.last_place == (shown[-1][0] if shown else 0)
        assert (line.unread, line.unread_urgent) == (len(unread), sum(said.urgent for said in unread))


@settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(acts, min_size=5, max_size=30))
async def test_everybody_sees_what_the_model_says(
    talking: Talking, world: World, people: People, calling_as: Any, wanted: list[tuple[str, str, str, Any]]
) -> None:
    both = Both(talking, world, people, calling_as)
    await both.begin()
    for act in wanted:
        await both.act(*act)
    await both.check()
