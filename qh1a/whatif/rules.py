"""From models to gains: improved SIMC (Grimholt & Skogestad 2012), as fast as robustness and loop allow."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from qh1a.settings import PidGains
from qh1a.whatif.errors import TuneError
from qh1a.whatif.robustness import Margins, Point, damping, margins

MS_MOST: Final = 1.6
"""Tuned to this, so that 1.7 holds with a margin for what the model does not say."""
_FASTEST_S: Final = 1e-3
_SLOWEST_S: Final = 1e5
"""Closed-loop time constants that are looked at."""
_HALVINGS: Final = 50


Kept = Literal["Ms", "speed", "damping", "kp"]
"""What kept gains from being higher."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a loop must keep besides `MS_MOST`.

    Closed-loop time constant (where the schedule's rate is 1) not below `fastest_s`, damping not below
    `damping`, kp not above `kp_most`.
    """

    fastest_s: float = 0.0
    damping: float = 0.0
    kp_most: float = math.inf


@dataclass(frozen=True, slots=True)
class Design:
    """Gains, the point with the largest Ms, and its margins.

    `closed_s` is the closed-loop time constant at a rate of 1, `decided` what kept the gains from being
    higher.
    """

    gains: PidGains
    point: Point
    margins: Margins
    damping: float | None
    closed_s: float
    decided: Kept


def simc(point: Point, closed_s: float) -> PidGains:
    """The PI gains in the units of a tuning file, to three digits; `closed_s` is for a rate of 1."""
    model = point.model
    both = closed_s / point.rate + model.dead_s
    lag = None if model.lag_s is None else model.lag_s + model.dead_s / 3.0
    ti = 4.0 * both if lag is None else min(lag, 4.0 * both)
    kp = 1.0 / (model.gain * both) if lag is None else lag / (model.gain * both)
    return PidGains(_rounded(kp / point.gain), _rounded(ti * point.rate))


def design(points: Sequence[Point], wanted: Wanted) -> Design:
    """The fastest PI that keeps what is wanted at every point. Raises `TuneError`."""
    found = [d for d in (_fastest(point, points, wanted) for point in points) if d is not None]
    if not found:
        msg = (
            f"no PI keeps Ms <= {MS_MOST:g} and a damping of {wanted.damping:g} around {points[0].model.text}"
        )
        raise TuneError(msg)
    return max(found, key=lambda d: _integral(d.gains))


def check(gains: PidGains, points: Sequence[Point]) -> tuple[Point, Margins, float | None]:
    """The point where these gains have the largest Ms, its margins, and the least damping of integrators."""
    rows = [(margins(point, gains), point) for point in points]
    worst, point = max(rows, key=lambda row: row[0].ms)
    least = [damping(p, gains) for p in points if p.model.lag_s is None]
    return point, worst, min(least, default=None)


def _fastest(own: Point, points: Sequence[Point], wanted: Wanted) -> Design | None:
    """The fastest of the PI family of one point that holds at all of them, if any does."""
    fast, slow = max(wanted.fastest_s, _FASTEST_S), _SLOWEST_S
    integral = min(_integral(simc(point, fast)) for point in points)

    def broken(closed_s: float) -> Kept | None:
        gains = simc(own, closed_s)
        if _integral(gains) > integral:
            return "speed"
        if gains.kp > wanted.kp_most:
            return "kp"
        _, worst, ratio = check(gains, points)
        if worst.ms > MS_MOST:
            return "Ms"
        return "damping" if ratio is not None and ratio < wanted.damping else None

    why = broken(fast)
    if why is None:
        slow = fast
    elif broken(slow) is not None:
        return None
    else:
        for _ in range(_HALVINGS):
            middle = math.sqrt(fast * slow)
            now = broken(middle)
            if now is None:
                slow = middle
            else:
                fast, why = middle, now
    gains = simc(own, slow)
    return Design(gains, *check(gains, points), slow, why or "speed")


def _integral(gains: PidGains) -> float:
    return gains.kp / gains.ti_s


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
