"""A nurse is downloading 20 MiB, slowly, when she loses the right to them: within a second nothing more comes, and what
she has is visibly not the whole. She reads through one replica of the gateway, the change is made through the other.

What is under way when the right ends may still arrive. Measured here, at 1.3 MB/s and with 64 KiB asked of her kernel:
see the figures that each test prints.
"""

import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx2
import pytest
from terresante_contents.watching import RIGHTS
from terresante_dev import nats
from terresante_dev.portal import Person
from terresante_dev.story import Stage
from terresante_dev.story.rights import member
from terresante_dev.story.sharing import give_consent
from terresante_dev.story.stage import done, now, version
from terresante_records import watching

pytestmark = pytest.mark.timeout(280)
WHOLE = ("Compte rendu de sortie, page suivante. " * 26).encode() * 20_700
"""20 MiB of text."""
PIECE = 64 * 1024
PACE = 0.05
"""Seconds between two pieces: the whole takes 16 s."""
BAR = 1.0
"""G2: seconds after the acknowledgement."""
UNDER_WAY = 16 * PIECE


@dataclass
class Download:
    """One that goes on beside the test, at its pace."""

    reader: Person
    path: str
    came: list[tuple[float, int]] = field(default_factory=list)
    """When how many bytes came."""
    ended: float = 0.0
    broken: str = ""
    """What the client library said of how it ended, unless it took what came for whole."""
    status: int = 0
    announced: int = 0

    def __enter__(self) -> "Download":
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()

    def total(self, since: float = 0.0) -> int:
        """Bytes that came, since then."""
        return sum(size for at, size in self.came if at >= since)

    def until(self, size: int) -> None:
        """Waits until so much has come."""
        limit = time.monotonic() + 20
        while self.total() < size:
            assert self._thread.is_alive() and time.monotonic() < limit, (self.status, self.total())
            time.sleep(0.01)

    def _read(self) -> None:
        stack, url = self.reader.stack, str(self.reader.gateway.http.base_url)
        trust = ssl.create_default_context(cafile=str(stack["ca"]["gateway"]))
        narrow = httpx2.HTTPTransport(verify=trust, socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)])
        headers = {"authorization": f"Bearer {self.reader.token}", "terresante-place": self.reader.place}
        try:
            with (
                httpx2.Client(base_url=url, transport=narrow, timeout=20) as client,
                client.stream("GET", self.path, headers=headers) as answer,
            ):
                self.status, self.announced = answer.status_code, int(answer.headers["content-length"])
                for piece in answer.iter_raw(PIECE):
                    self.came.append((time.monotonic(), len(piece)))
                    time.sleep(PACE)
        except httpx2.TransportError as fault:
            self.broken = type(fault).__name__
        finally:
            self.ended = time.monotonic()


@pytest.fixture(scope="module")
def stage(another: Callable[..., Stage]) -> Stage:
    """A patient of this suite's own, whose GP has published something long."""
    made = another()
    described = {"type_code": "11490-0", "title": "Compte rendu", "dated": now()}
    answer = made.who("gp").publish(made.path("/documents"), described, WHOLE, "text/plain")
    made.made["long"] = done(answer, 201)["id"]
    return made


Undo = Callable[[], object]


def withdraws(stage: Stage, patient: Person) -> Undo:
    done(patient.post(stage.path(f"/consents/{stage.made['consent']}/withdrawal")))

    def again() -> None:
        stage.made["consent"] = give_consent(stage, stage.who("gp"))

    return again


def removes_her(stage: Stage, patient: Person) -> Undo:
    nurse = stage.who("nurse")
    done(patient.call("DELETE", stage.path(f"/circle/members/{member(stage, nurse)}")))
    return lambda: done(stage.who("gp").post(stage.path("/circle/members"), {"professional_id": nurse.uid}), 201)


def blocks_her(stage: Stage, patient: Person) -> Undo:
    block = done(patient.post(stage.path("/blocks"), {"professional_id": stage.who("nurse").uid}), 201)
    return lambda: patient.call("DELETE", stage.path(f"/blocks/{block['id']}"))


def has_it_hidden(stage: Stage, patient: Person) -> Undo:
    gp, path = stage.who("gp").at(patient.gateway), stage.path(f"/documents/{stage.made['long']}")

    def set_to(hidden: bool) -> None:
        read = gp.get(path)
        done(gp.call("PUT", f"{path}/visibility", {"hidden_from_professionals": hidden}, **version(read)))

    set_to(True)
    return lambda: set_to(False)


@pytest.mark.parametrize("act", [withdraws, removes_her, blocks_her, has_it_hidden])
def test_a_running_download_stops_within_a_second_and_is_visibly_not_whole(
    stage: Stage, act: Callable[[Stage, Person], Undo]
) -> None:
    patient = stage.who("patient").at(stage.gateways[-1])
    nurse = stage.who("nurse").at(stage.gateways[0])
    with Download(nurse, stage.path(f"/documents/{stage.made['long']}/content")) as download:
        download.until(2 * 1024 * 1024)
        undo = act(stage, patient)
        acknowledged = time.monotonic()
    undo()

    after = download.total(acknowledged)
    print(
        f"{act.__name__}: ended {(download.ended - acknowledged) * 1000:.0f} ms later, {after} bytes meanwhile, {download.broken}"
    )
    assert download.broken and download.status == 200
    assert download.total() < download.announced == len(WHOLE)
    assert download.ended - acknowledged < BAR
    assert after <= UNDER_WAY


def test_a_slow_download_that_nothing_happens_to_is_whole(stage: Stage) -> None:
    """Else the test above would prove nothing."""
    with Download(stage.who("nurse"), stage.path(f"/documents/{stage.made['long']}/content")) as download:
        pass

    assert not download.broken and download.total() == len(WHOLE)
    answer = stage.who("nurse").get(stage.path(f"/documents/{stage.made['long']}/content"))
    assert hashlib.sha256(answer.content).digest() == hashlib.sha256(WHOLE).digest()


def test_the_bus_lets_records_hear_what_it_asks_to_hear() -> None:
    assert sorted(nats.HEARS["records"]) == sorted(watching.HEARS)


def test_the_bus_lets_messaging_hear_what_it_asks_to_hear() -> None:
    assert set(nats.HEARS["messaging"]) == {*RIGHTS, "hint.messaging.v1.>"}
