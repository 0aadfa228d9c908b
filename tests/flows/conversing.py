"""What tellings of conversations share: a telling's people, and how they write, read and listen."""

import io
import ssl
from collections.abc import Mapping
from typing import Any

from PIL import Image
from PIL.ExifTags import GPS, IFD
from terresante_dev import enrolment
from terresante_dev.personas import Place, Professional
from terresante_dev.portal import Answer, Person
from terresante_dev.story import STEPS, Stage
from terresante_dev.story.rights import member
from terresante_dev.story.stage import done, soon, version

from tests.listening import Listener

TO_SHARING = 7
"""Steps of the story: a patient with an account, a consent, and a circle of a GP, a nurse and a social worker."""
THREADS = "/v1/threads"
PLACE_TAKEN = (48.0, 47.0, 30.5)
"""Latitude in degrees, minutes and seconds that the photo was taken at."""
CAMERA = "CANARI-4711"
SETTABLE = {"choices", "quiet_from", "quiet_until", "urgent_breaks_quiet", "daily_hour", "urgent_minutes", "portal_ids"}
"""What a person's preferences are changed by."""
Made = dict[str, Any]


def events(person: Person, after: str = "", limit: int = 1_000) -> list[Made]:
    """All that the feed tells after a cursor, page by page."""
    found: list[Made] = []
    while True:
        page = done(person.get(f"/v1/events?limit={limit}" + (f"&after={after}" if after else "")))
        found += page["items"]
        after = page["next_cursor"]
        if not page["more"]:
            return found


def photo() -> bytes:
    """A photo that tells where it was taken, and with what."""
    exif = Image.Exif()
    exif[0x010F] = CAMERA
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = PLACE_TAKEN
    picture = Image.frombytes("RGB", (64, 48), bytes(at * at % 251 for at in range(64 * 48 * 3))).resize((1200, 900))
    file = io.BytesIO()
    picture.save(file, "JPEG", exif=exif)
    return file.getvalue()


def preferred(person: Person, *channels: str, **changes: Any) -> None:
    """Changes some of the preferences; everything else stays. `channels`: by which messages are told from then on, each
    at once.
    """
    read = person.get("/v1/me/preferences")
    kept = {name: value for name, value in done(read).items() if name in SETTABLE}
    if channels:
        at_once = {"topic": "message", "channels": [*channels], "pace": "at_once"}
        changes["choices"] = [*(one for one in kept["choices"] if one["topic"] != "message"), at_once]
    done(person.call("PUT", "/v1/me/preferences", kept | changes, **version(read)))


class Talk:
    """One telling: the story up to its seventh step, then what people say to each other."""

    def __init__(self, stack: Mapping[str, Any], seed: int) -> None:
        self.stage = Stage(stack, seed)
        for step in STEPS[:TO_SHARING]:
            step.play(self.stage)
        self.patient = str(self.stage.made["patient"])
        self.trust = ssl.create_default_context(cafile=stack["ca"]["gateway"])

    def who(self, key: str) -> Person:
        """A person of the telling."""
        return self.stage.who(key)

    def close(self) -> None:
        """Ends the connections."""
        for gateway in self.stage.gateways:
            gateway.close()

    def colleague(self, key: str, *structures: str) -> Person:
        """A nurse more, who practises at structures of the cast, acts from the first, and logs in with password and code."""
        places = [Place(structure, "soignant") for structure in structures]
        names = Professional(key, "Petit", "Camille", "60", "", places, key)
        admin = self.who("admin")
        admin.log_in()
        person = enrolment.professional(admin, names, self.stage.made["structures"], self.stage.gateway)
        self.stage.people[key] = person
        return person

    def invited(self, person: Person) -> None:
        """Into the circle, by the GP."""
        body = {"professional_id": person.uid, "explicit_agreement": True, "agreement_form": "oral"}
        done(self.who("gp").post(self.stage.path("/circle/members"), body), 201)

    def removed(self, person: Person) -> None:
        """From the circle, by the patient."""
        address = self.stage.path(f"/circle/members/{member(self.stage, person)}")
        done(self.who("patient").call("DELETE", address))

    def settled(self, by: Person, **settings: bool) -> Answer:
        """Changes what the conversations of the circle allow."""
        read = by.get(self.stage.path("/circle"))
        return by.call("PUT", self.stage.path("/circle/settings"), settings, **version(read))

    def thread(self, by: Person, kind: str, **more: Any) -> str:
        """The id of a thread, opened if it was not."""
        about = {} if kind in ("direct", "team") else {"patient_id": self.patient}
        answer = by.post(THREADS, {"kind": kind, **about, **more})
        assert answer.status in (200, 201), f"{kind}: {answer} {answer.body}"
        return str(answer.body["id"])

    def post(self, by: Person, thread: str, text: str, **more: Any) -> Made:
        """A message that was taken."""
        made: Made = done(by.post(f"{THREADS}/{thread}/messages", {"text": text, **more}), 201)
        return made

    def page(self, by: Person, thread: str, query: str = "after=0") -> list[Made]:
        """Messages of a thread."""
        found: list[Made] = done(by.get(f"{THREADS}/{thread}/messages?limit=100&{query}"))["items"]
        return found

    def texts(self, by: Person, thread: str) -> list[str]:
        """What somebody can read of a thread, in order."""
        return [one["text"] for one in self.page(by, thread)]

    def listed(self, by: Person, query: str = "") -> dict[str, Made]:
        """The threads that somebody sees, by id. `query`: more of it, from `&` on."""
        return {one["id"]: one for one in done(by.get(f"{THREADS}?limit=100{query}"))["items"]}

    def marked(self, by: Person, thread: str, place: int) -> None:
        """Has received and read up to there."""
        body = {"received_up_to": place, "read_up_to": place}
        done(by.call("PUT", f"{THREADS}/{thread}/mark", body))

    def found(self, by: Person, words: str) -> set[str]:
        """The ids of the messages that a search finds."""
        return {one["id"] for one in done(by.post("/v1/messages/search", {"query": words}))["items"]}

    def told(self, by: Person, kind: str) -> list[Made]:
        """Notifications of a kind about the patient."""
        items = done(by.get("/v1/notifications?limit=100"))["items"]
        return [one for one in items if one["kind"] == kind and one["patient_id"] == self.patient]

    def soon_told(self, by: Person, kind: str, seconds: float = 15.0) -> Made:
        """Waits for such a notification and gives it."""
        soon(lambda: bool(self.told(by, kind)), f"told of {kind}", seconds)
        return self.told(by, kind)[0]

    def listener(self, person: Person, replica: int = 0, last: str = "") -> Listener:
        """The person's open stream, at a replica of the gateway."""
        urls = self.stage.stack["gateway"]["urls"]

        def headers() -> dict[str, str]:
            place = {"terresante_place": person.place} if person.place else {}
            return {"authorization": f"Bearer {person.token}", **place}

        return Listener(urls[replica % len(urls)], self.trust, headers, last)
