"""Rings of past values, for means and slopes over a span of ticks or seconds."""

from typing import Final

from mypy_extensions import mypyc_attr

MEAN_2S: Final = 20
"""Ticks in a 2-s mean."""
MEAN_10S: Final = 5
"""2-s means in a 10-s mean."""


@mypyc_attr(serializable=True)
class Mean:
    """Mean of the last `n` values given; of fewer until there are so many."""

    __slots__ = ("_at", "_n", "_ring", "_sum", "filled")

    def __init__(self, n: int) -> None:
        self._n = n
        self._ring = [0.0] * n
        self._at = 0
        self._sum = 0.0
        self.filled = 0

    def push(self, value: float) -> float:
        """Add a value; the mean including it."""
        at = self._at
        ring = self._ring
        self._sum += value - ring[at]
        ring[at] = value
        at += 1
        if at == self._n:
            at = 0
            total = 0.0
            for x in ring:  # once a turn, so that rounding cannot add up over hours
                total += x
            self._sum = total
        self._at = at
        if self.filled < self._n:
            self.filled += 1
        return self._sum / float(self.filled)

    def clear(self) -> None:
        """Forget everything."""
        if self.filled:
            self._ring = [0.0] * self._n
            self._at = 0
            self._sum = 0.0
            self.filled = 0

    @property
    def value(self) -> float:
        """The mean of what is there, 0 when empty."""
        return self._sum / float(self.filled) if self.filled else 0.0


@mypyc_attr(serializable=True)
class Highest:
    """The highest of the last `n` values given."""

    __slots__ = ("_at", "_n", "_ring")

    def __init__(self, n: int) -> None:
        self._n = n
        self._ring = [0.0] * n
        self._at = 0

    def push(self, value: float) -> float:
        """Add a value; the highest including it."""
        ring = self._ring
        ring[self._at] = value
        self._at += 1
        if self._at == self._n:
            self._at = 0
        for x in ring:
            if x > value:
                value = x
        return value


@mypyc_attr(serializable=True)
class Delay:
    """The value given `n` pushes ago."""

    __slots__ = ("_at", "_n", "_ring", "filled")

    def __init__(self, n: int) -> None:
        self._n = n
        self._ring = [0.0] * n
        self._at = 0
        self.filled = 0

    def push(self, value: float) -> float | None:
        """Add a value; the one from `n` pushes ago, None while there is none."""
        old = self._ring[self._at] if self.filled == self._n else None
        self._ring[self._at] = value
        self._at = (self._at + 1) % self._n
        if self.filled < self._n:
            self.filled += 1
        return old

    def clear(self) -> None:
        """Forget everything."""
        self._at = 0
        self.filled = 0

    def values(self) -> list[float]:
        """What is there, in no particular order."""
        return self._ring[: self.filled]
