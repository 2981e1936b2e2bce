"""A fault as somebody types it in the terminal view."""

import itertools
from collections.abc import Mapping
from typing import Final, Protocol

from qh1a.link import Answer, Wish

END: Final = "end:"


class Asker(Protocol):
    """Who can ask a controller for something: a `LinkClient`."""

    async def ask(self, wish: Wish) -> Answer:
        """Send a wish and wait for its answer."""
        ...


class Injector:
    """Sends faults, each under a reference of its own, beginning with `ref`."""

    def __init__(self, asker: Asker, faults: Mapping[str, tuple[float, float, float]], ref: str) -> None:
        self._asker, self._faults, self._ref = asker, faults, ref
        self._count = itertools.count(1)

    async def __call__(self, typed: str) -> str:
        """What became of `NAME [MAGNITUDE]` or `end:NAME`, in one line."""
        name, *rest = typed.split()
        known = self._faults.get(name.removeprefix(END))
        if known is None:
            return f"{name}: no such fault, page 5 lists them"
        lo, hi, usual = known
        magnitude = _number(rest, 0.0 if name.startswith(END) else usual)
        if magnitude is None:
            return f"{' '.join(rest)}: allowed is one magnitude, {lo:g} to {hi:g}"
        wish = Wish(f"{self._ref}-{next(self._count)}", "INJECT", name, magnitude, "watch")
        answer = await self._asker.ask(wish)
        reason = f": {answer.reason}, allowed {lo:g} to {hi:g}" if answer.reason else ""
        return f"{name} {magnitude:g} {answer.delivered}{reason}"


def _number(rest: list[str], usual: float) -> float | None:
    if not rest:
        return usual
    try:
        found = float(rest[0])
    except ValueError:
        return None
    return found if len(rest) == 1 and abs(found) < float("inf") else None
