"""The figures of the console: the `[console]` of a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Interval, Unit

from qh1a.config import Problem, load

Time = Annotated[float, Interval(gt=0, le=3600), Unit("s")]


@dataclass(frozen=True, slots=True)
class Figures:
    """How long things last and how much is allowed. What each is: `configs/console/default.toml`."""

    schema: Literal[1]
    idle_s: Annotated[float, Interval(ge=30, le=120), Unit("s")]
    takeover_s: Annotated[float, Interval(ge=5, le=60), Unit("s")]
    review_s: Annotated[float, Interval(ge=5, le=30), Unit("s")]
    confirm_after_s: Annotated[float, Interval(ge=0.5, le=5), Unit("s")]
    fresh_s: Annotated[float, Interval(ge=0.5, le=5), Unit("s")]
    stale_s: Annotated[float, Interval(ge=0.5, le=2), Unit("s")]
    not_live_s: Annotated[float, Interval(ge=0.5, le=3), Unit("s")]
    reconnect_s: Annotated[float, Interval(ge=0.01, le=10), Unit("s")]
    requests_per_s: Annotated[float, Interval(ge=5, le=20), Unit("1/s")]
    streams: Annotated[int, Interval(ge=1, le=8)]
    read_s: Annotated[float, Interval(ge=0.05, le=10), Unit("s")]
    pin_wrong: Annotated[int, Interval(ge=3, le=5)]
    lock_s: Annotated[float, Interval(ge=60, le=900), Unit("s")]
    lock_most_s: Annotated[float, Interval(ge=60, le=3600), Unit("s")]
    forget_s: Time
    soft_fraction: Annotated[float, Interval(gt=0, le=0.20), Unit("fraction")]
    soft_temperature_c: Annotated[float, Interval(gt=0, le=1), Unit("C")]
    soft_ph: Annotated[float, Interval(gt=0, le=0.1), Unit("pH")]


def load_figures(path: Path) -> Figures:
    """The figures of a file. Raises `ConfigError`."""
    return load(Figures, path, "console", problems=_problems)


def _problems(f: Figures) -> tuple[Problem, ...]:
    found = []
    if f.lock_most_s < f.lock_s:
        allowed = f"allowed from {f.lock_s:g} s, lock_s"
        found.append(Problem("console.lock_most_s", f"{f.lock_most_s:g}", allowed, ("console.lock_s",)))
    if f.forget_s < f.lock_most_s:
        # Else waiting out a lock would wipe out why it is there.
        allowed = f"allowed from {f.lock_most_s:g} s, lock_most_s"
        found.append(Problem("console.forget_s", f"{f.forget_s:g}", allowed, ("console.lock_most_s",)))
    return tuple(found)
