"""What operations see of webhooks: what waits, how long, what was given up. Counts only, of all webhooks together."""

from sqlalchemy import text
from terresante_platform.counted import Count
from terresante_platform.measures import Gauge, Tally

NOT_SENT = Gauge(
    "terresante.messaging.webhooks.not_sent",
    "{delivery}",
    "Deliveries to webhooks that wait or were given up, by state",
)
OLDEST = Gauge(
    "terresante.messaging.webhooks.age", "s", "How long the oldest delivery to a webhook has waited; 0 for none"
)
FAILING = Gauge(
    "terresante.messaging.webhooks.failing", "{webhook}", "Webhooks that failed three times in a row or more"
)
TRIES = Tally("terresante.messaging.webhooks.tries", "{try}", "Deliveries tried, by outcome")
COUNTS = (
    Count(
        NOT_SENT,
        text(
            "select count(*), 'WAITING' as state "
            "from (select from webhook_delivery where state = 'WAITING' limit 100000) waiting "
            "union all select count(*), 'PARKED' "
            "from (select from webhook_delivery where state = 'PARKED' limit 100000) parked"
        ),
    ),
    Count(
        OLDEST,
        text(
            "select coalesce(extract(epoch from now() - min(waiting_since)), 0) from webhook_delivery "
            "where state = 'WAITING'"
        ),
    ),
    Count(FAILING, text("select count(*) from webhook where removed_at is null and failures >= 3")),
)
