"""Nothing of what is written, searched, attached or refused stands in clear: not in the database, the store, a log line
or a span."""

from pathlib import Path

from sqlalchemy import text
from structlog.testing import capture_logs
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal
from terresante_platform.testing.traced import exporter

from .conftest import As, People
from .conversing import CIRCLE, SIDE, WITH_PATIENT, Talking, professional
from .filing import PDF, Filing, files

WORD = "zyxoplastie"
"""Stands in everything that is written here, and nowhere else."""


async def everything(database: Database) -> str:
    """All rows of all tables, bytes as letters where they are any."""
    tables = "select tablename from pg_tables where schemaname = 'public' order by 1"
    async with database.reading() as connection:
        names = (await connection.execute(text(tables))).scalars().all()
        found = [str((await connection.execute(text(f'select * from "{name}"'))).mappings().all()) for name in names]  # noqa: S608
    assert len(names) > 20
    return "\n".join(found).casefold()


async def a_rich_scene(talking: Talking, filing: Filing, being: As, people: People) -> None:
    being("gp")
    side = await talking.open(SIDE, title=f"Titre {WORD}", professional_ids=[str(people.nurse)])
    for thread in (side, await talking.open(CIRCLE), await talking.open(WITH_PATIENT)):
        being("gp", key=f"key-of-{thread.thread_id}")
        sent = await filing.upload(thread, PDF, name=f"{WORD}.pdf")
        being("gp", key=f"another-key-of-{thread.thread_id}")
        named = [professional(people.nurse)]
        first = await talking.post(thread, f"Une {WORD}", mentions=named, attachment_ids=[sent.attachment_id])
        being("gp")
        await talking.edit(first, f"Deux {WORD}s")
        gone = await talking.post(thread, f"Trois {WORD}", quoted_message_id=first.message_id, urgent=True)
        await talking.delete(gone)
        asked = pb.Form(what=f"Quelle {WORD} ?", questions=[pb.FormQuestion(question=f"{WORD} ?")])
        form = await talking.post(thread, item=pb.Item(form=asked))
        task = await talking.post(thread, item=pb.Item(task=pb.Task(what=f"Faire la {WORD}")))
        being("nurse", key=f"answer-key-of-{thread.thread_id}")
        await talking.answer(form, form=pb.FormAnswer(answers=[f"La {WORD} de jeudi"]))
        being("nurse")
        await talking.answer(task, task=pb.TASK_STATE_TAKEN)
        assert first.message_id in {one.message_id for one in (await talking.search(WORD)).messages}
        await talking.news(visit=True)


async def what_is_refused(talking: Talking, filing: Filing, being: As) -> list[Refusal]:
    being("gp")
    thread = await talking.open(CIRCLE)
    calls = [
        talking.post(thread, f"{WORD}\u202e"),
        talking.post(thread, f"{WORD} " * 2_000),
        talking.post(thread, WORD, quoted_message_id=WORD),
        talking.post(thread, item=pb.Item(task=pb.Task(what=f"{WORD}\n"))),
        talking.search(WORD * 20),
        talking.search(WORD, cursor=WORD),
        talking.threads(cursor=WORD),
        talking.open(SIDE, title=f"{WORD}\u0000"),
        filing.upload(thread, PDF, name=f"../{WORD}"),
        filing.upload(thread, WORD.encode() * 100, name=f"{WORD}.pdf"),
        filing.upload(thread, PDF, name=f"{WORD}.pdf", claim=WORD),
    ]
    refused = []
    for call in calls:
        try:
            await call
        except Refusal as refusal:
            refused.append(refusal)
    return refused


async def test_a_rich_scene_leaves_no_word_of_it_in_clear(
    talking: Talking, filing: Filing, being: As, people: People, database: Database, tmp_path: Path
) -> None:
    spans = exporter()
    spans.clear()
    with capture_logs() as logs:
        await a_rich_scene(talking, filing, being, people)
        refused = await what_is_refused(talking, filing, being)
    traced = [
        f"{span.name} {dict(span.attributes or {})} {span.events} {span.status}" for span in spans.get_finished_spans()
    ]

    assert WORD not in await everything(database)
    assert all(WORD.encode() not in path.read_bytes() and WORD not in path.name for path in files(tmp_path))
    assert not [line for line in logs if WORD in str(line)]
    assert traced
    assert not [span for span in traced if WORD in span]
    assert len(refused) >= 9
    assert not [one for one in refused if WORD in f"{one} {one.sentence} {one.todo} {one.details}"]
