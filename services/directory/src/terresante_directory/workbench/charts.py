"""Lines over weeks as SVG: where everything is drawn. Each line has a dash, a mark and a colour of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

WIDTH, HEIGHT = 480, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 12, 32
MOST_LINES = 5
MOST_MARKS = 30
"""Of points that bear a mark; a longer line bears one at its end."""
SIZE = 4.0
STEPS = (1, 2, 2.5, 5, 10)
Values = Sequence[int | None]


@dataclass(frozen=True, slots=True)
class Line:
    """One of at most five. `path`, `marks`, `sign`: data of SVG paths, the last for a legend of 40 by 12.

    `number`: which dash, mark and colour.
    """

    label: str
    number: int
    path: str
    marks: str
    sign: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A value or week written on an axis, and where."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`hidden`: x and width of each run of weeks of which some value is not told."""

    lines: tuple[Line, ...]
    hidden: tuple[tuple[float, float], ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def chart(lines: Sequence[tuple[str, Values]], weeks: Sequence[str]) -> Chart:
    """Lines by label, with a value a week (None: not told). `weeks`: what is written below each; one at least."""
    shown = lines[:MOST_LINES]
    highest = max((value for _, values in shown for value in values if value is not None), default=0)
    ticks = scale(highest)
    drawing = _Drawing(len(weeks), ticks[-1])
    return Chart(
        lines=tuple(drawing.line(label, number, values) for number, (label, values) in enumerate(shown)),
        hidden=tuple(drawing.runs([any(values[week] is None for _, values in shown) for week in range(len(weeks))])),
        across=tuple(Tick(drawing.x(week), weeks[week]) for week in _some(len(weeks))),
        up=tuple(Tick(drawing.y(value), f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")) for value in ticks),
    )


def scale(highest: int) -> list[int]:
    """Round values from 0 to at least the highest one, few enough to be read."""
    rough = max(highest, 1) / 4
    power = 10 ** floor(log10(rough)) if rough >= 1 else 1
    step = next(int(step * power) for step in STEPS if step * power >= rough and step * power == int(step * power))
    return list(range(0, step * (-(-max(highest, 1) // step)) + 1, step))


def _some(count: int) -> list[int]:
    """The first and last week, and at most two between them."""
    if count <= 2:
        return list(range(count))
    between = min(count - 2, 2)
    return [round(number * (count - 1) / (between + 1)) for number in range(between + 2)]


@dataclass(frozen=True, slots=True)
class _Drawing:
    weeks: int
    highest: int

    def x(self, week: float) -> float:
        inside = WIDTH - LEFT - RIGHT
        return round(LEFT + (week / (self.weeks - 1) if self.weeks > 1 else 0.5) * inside, 1)

    def y(self, value: float) -> float:
        inside = HEIGHT - TOP - BOTTOM
        return round(HEIGHT - BOTTOM - value / self.highest * inside, 1)

    def line(self, label: str, number: int, values: Values) -> Line:
        points = [(week, self.x(week), self.y(value)) for week, value in enumerate(values) if value is not None]
        path, last = [], -2
        for week, x, y in points:
            path.append(f"{'L' if week == last + 1 else 'M'}{x:g} {y:g}")
            last = week
        marked = points if self.weeks <= MOST_MARKS else points[-1:]
        marks = "".join(_mark(number, x, y) for _, x, y in marked)
        return Line(label, number, "".join(path), marks, _mark(number, 20, 6))

    def runs(self, hidden: Sequence[bool]) -> list[tuple[float, float]]:
        """Half a week more on either side, inside of the frame."""
        found: list[tuple[float, float]] = []
        half = 0.5
        begin = None
        for week, is_hidden in enumerate([*hidden, False]):
            if is_hidden and begin is None:
                begin = week
            elif not is_hidden and begin is not None:
                left = max(self.x(begin - half), float(LEFT)) if self.weeks > 1 else float(LEFT)
                right = min(self.x(week - half), float(WIDTH - RIGHT)) if self.weeks > 1 else float(WIDTH - RIGHT)
                found.append((left, round(right - left, 1)))
                begin = None
        return found


def _mark(number: int, x: float, y: float, size: float = SIZE) -> str:
    """The mark of a line, as path data: disc, square, triangle, lozenge, cross."""
    if number == 0:
        return f"M{x - size:g} {y:g}a{size:g} {size:g} 0 1 0 {2 * size:g} 0a{size:g} {size:g} 0 1 0 {-2 * size:g} 0z"
    if number == 1:
        return f"M{x - size:g} {y - size:g}h{2 * size:g}v{2 * size:g}h{-2 * size:g}z"
    if number == 2:
        return f"M{x:g} {y - size:g}l{size:g} {2 * size:g}h{-2 * size:g}z"
    if number == 3:
        return f"M{x:g} {y - size:g}l{size:g} {size:g}l{-size:g} {size:g}l{-size:g} {-size:g}z"
    return f"M{x - size:g} {y - size:g}l{2 * size:g} {2 * size:g}m0 {-2 * size:g}l{-2 * size:g} {2 * size:g}"
