"""What a reader may not be told now, as a condition inside the query: pages are full and counts exact."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Text,
    Uuid,
    and_,
    column,
    exists,
    func,
    literal,
    not_,
    or_,
)

from terresante_messaging.domain.notifications import Withheld
from terresante_messaging.store.tables import notification


def told(withheld: Withheld) -> ColumnElement[bool]:
    """Leaves out notifications of refused topics, and of messages outside of what may be read of their thread."""
    topics = (
        func.unnest(
            literal([topic.patient for topic in withheld.topics], ARRAY(Uuid)),
            literal([topic.kind.value for topic in withheld.topics], ARRAY(Text)),
        )
        .table_valued(column("patient_id", Uuid), column("kind", Text), name="refused")
        .render_derived()
    )
    unseen = (
        func.unnest(
            literal([one.thread for one in withheld.unseen], ARRAY(Uuid)),
            literal([one.up_to for one in withheld.unseen], ARRAY(BigInteger)),
            literal([one.before for one in withheld.unseen], ARRAY(DateTime(timezone=True))),
        )
        .table_valued(
            column("thread_id", Uuid),
            column("up_to", BigInteger),
            column("before", DateTime(timezone=True)),
            name="unseen",
        )
        .render_derived()
    )
    return and_(
        not_(
            exists()
            .select_from(topics)
            .where(topics.c.patient_id == notification.c.patient_id, topics.c.kind == notification.c.kind)
        ),
        not_(
            exists()
            .select_from(unseen)
            .where(
                unseen.c.thread_id == notification.c.thread_id,
                or_(notification.c.place <= unseen.c.up_to, notification.c.message_at < unseen.c.before),
            )
        ),
    )
