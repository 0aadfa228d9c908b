"""Whose files are, and when others may know of them: rules alone."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from terresante_contents.kinds import Content
from terresante_messaging.domain.attachments import (
    AttachmentUnknown,
    NameInvalid,
    Posted,
    Thumbnail,
    check_name,
    require_readable,
    uploaded,
)
from terresante_messaging.domain.people import Realm, Recipient, ThreadId
from terresante_messaging.domain.threads import Window

from .conftest import MONDAY

NURSE, GP = Recipient(Realm.PROFESSIONAL, uuid4()), Recipient(Realm.PROFESSIONAL, uuid4())
FILE = uploaded(uuid4(), "plaie.jpg", Content("image/jpeg", 10, "ab" * 32), ThreadId(uuid4()), NURSE, MONDAY)
POSTED = Posted(5, MONDAY, deleted=False)


@pytest.mark.parametrize(
    "name", ["plaie.jpg", "Bilan du 12 mars : glycémie (2).pdf", "é" * 200, "ordonnance", "a..b", "الملف.pdf"]
)
def test_a_name_that_a_person_can_read_is_taken(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *[
            "",
            " ",
            "é" * 201,
            "../../etc/passwd",
            "a/b.pdf",
            "C:\\a.pdf",
            "a\x00.pdf",
            "a\n.pdf",
            "..",
            ".a",
            " a",
            "a ",
        ],
        *["\u202efdp.exe", "a\u200b.pdf", "a\u2066b\u2069.pdf", "\ud800.pdf", "a "],
    ],
)
def test_a_path_or_a_name_with_unseen_characters_is_refused(name: str) -> None:
    with pytest.raises(NameInvalid) as refused:
        check_name(name)

    assert refused.value.reason == "NAME_INVALID"


@pytest.mark.parametrize(
    ("media_type", "state"),
    [
        ("image/jpeg", Thumbnail.WAITING),
        ("image/png", Thumbnail.WAITING),
        ("application/pdf", Thumbnail.NONE),
        ("text/plain", Thumbnail.NONE),
    ],
)
def test_pictures_wait_for_their_small_one(media_type: str, state: Thumbnail) -> None:
    content = Content(media_type, 10, "ab" * 32)

    assert uploaded(uuid4(), "a", content, FILE.thread, NURSE, MONDAY).file.thumbnail is state


def test_until_a_message_takes_it_only_the_uploader_reads_a_file() -> None:
    require_readable(FILE, NURSE, Window())
    for other in (GP, Recipient(Realm.PERSON, NURSE.id)):
        with pytest.raises(AttachmentUnknown):
            require_readable(FILE, other, Window())


@pytest.mark.parametrize(
    ("within", "readable"),
    [
        (Window(), True),
        (Window(since_place=4), True),
        (Window(since_place=5), False),
        (Window(visible_from=MONDAY), True),
        (Window(visible_from=MONDAY + timedelta(microseconds=1)), False),
    ],
)
@pytest.mark.parametrize("who", [NURSE, GP])
def test_who_reads_a_message_reads_its_files_and_nobody_else_not_even_who_sent_them(
    who: Recipient, within: Window, readable: bool
) -> None:
    posted = replace(FILE, message=POSTED)
    if readable:
        require_readable(posted, who, within)
    else:
        with pytest.raises(AttachmentUnknown):
            require_readable(posted, who, within)


def test_the_files_of_a_message_that_was_taken_back_are_nobodys() -> None:
    with pytest.raises(AttachmentUnknown):
        require_readable(replace(FILE, message=replace(POSTED, deleted=True)), NURSE, Window())
