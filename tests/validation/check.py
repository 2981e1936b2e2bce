"""One check: what the product makes of given inputs, beside the figure it must come to."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

CLOSED_FORM = "closed form"
_NIL = 1e-10


@dataclass(frozen=True, slots=True)
class Check:
    """A row of the battery; `obtained` calls the product's own functions.

    `tolerance` is a share of `expected` or, not `relative`, in its unit. Never tighter than the digits of
    `expected`.
    """

    id: str
    what: str
    unit: str
    expected: float
    obtained: Callable[[], float]
    tolerance: float
    relative: bool = True
    source: str = CLOSED_FORM

    def allowed(self) -> float:
        """The most by which the figures may differ."""
        return self.tolerance * (abs(self.expected) if self.relative else 1.0)


@cache
def figure(check: Check) -> float:
    """What the product comes to."""
    return float(check.obtained())


def holds(check: Check) -> bool:
    """Whether it comes to the figure."""
    return abs(figure(check) - check.expected) <= check.allowed()


def shown(check: Check) -> str:
    """As printed: eight figures, as more would differ from one machine to another."""
    value = figure(check)
    return f"< {_NIL:g}" if abs(value) < _NIL and check.tolerance > 0.0 else f"{value:.8g}"
