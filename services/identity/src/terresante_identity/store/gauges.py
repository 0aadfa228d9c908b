"""What operations see of linking: pairs that wait for an officer, how long, and what was done. Counts only."""

from sqlalchemy import text
from terresante_platform.counted import Count
from terresante_platform.measures import Gauge, Tally

WAITING = Gauge("terresante.identity.reviews.waiting", "{review}", "Pairs that wait for an officer, by risk (3: most)")
OLDEST = Gauge("terresante.identity.reviews.age", "s", "How long the oldest pair has waited; 0 for none")
ACTS = Tally("terresante.identity.acts", "{act}", "Acts on links, by kind, and whether a rule or an officer did them")
COUNTS = (
    Count(WAITING, text("select count(*), risk from review where state = 'WAITING' group by risk")),
    Count(
        OLDEST,
        text("select coalesce(extract(epoch from now() - min(created_at)), 0) from review where state = 'WAITING'"),
    ),
)
