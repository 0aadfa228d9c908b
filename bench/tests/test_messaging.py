"""The bench of conversations: whose messages are made, and how what came is judged."""

from collections import Counter
from uuid import UUID

from terresante_platform.ids import moment_of

from bench.messaging import cut, ids
from bench.messaging.cut import afterwards
from bench.messaging.filling import Fill
from bench.messaging.hearing import Came, Heard
from bench.messaging.measuring import Line, quantile
from bench.messaging.posting import Posts

FILL = Fill(threads=1_000, each=100, start=1_764_000_000_000)
THREAD, SOMEBODY = UUID(int=1), UUID(int=2)


def test_a_figure_beyond_its_budget_is_said() -> None:
    assert "NOT REACHED" in Line("page", "61 ms", 61, 60).text()
    assert "[60: reached]" in Line("page", "60 ms", 60, 60).text()
    assert quantile([1.0] * 99 + [9.0], 0.99) == 1.0
    assert quantile([1.0] * 98 + [9.0] * 2, 0.99) == 9.0


def test_professionals_are_in_the_circles_in_which_they_are_found() -> None:
    assert all(
        number in ids.circle_of(patient) for number in range(ids.PROFESSIONALS) for patient in ids.circles_of(number)
    )
    assert Counter(who for patient in range(ids.PATIENTS) for who in ids.circle_of(patient)).most_common(1)[0][1] == 4


def test_each_message_of_a_filled_thread_is_later_than_the_one_before() -> None:
    numbers = [FILL.message(7, place) for place in range(1, FILL.each + 1)]

    assert all(number * 7_919 % FILL.threads == 7 for number in numbers)
    assert numbers == sorted(numbers)
    assert [moment_of(FILL.id(number)).timestamp() * 1000 for number in numbers] == [FILL.moment(n) for n in numbers]


def test_what_was_written_after_a_block_must_not_come_and_what_was_before_may() -> None:
    posts = Posts(asked_at={(THREAD, 1): 9.0, (THREAD, 2): 11.0})
    early, late = Came(SOMEBODY, THREAD, 1, 10.4), Came(SOMEBODY, THREAD, 2, 11.5)
    blocked: dict[cut.Blocked, float] = {(THREAD, SOMEBODY): 10.0}

    assert afterwards(Heard([early]), posts, blocked) == ([early.at - 10.0], 0)
    assert afterwards(Heard([early, late]), posts, blocked) == ([1.5], 1)
    assert afterwards(Heard([Came(UUID(int=3), THREAD, 2, 11.5)]), posts, blocked) == ([0.0], 0)
