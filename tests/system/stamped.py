"""`qh1a`, saying on stderr when the plant was made safe: the only way to see that moment from outside."""

import sys
import time

from qh1a.cli import main
from qh1a.plant import SafeReport
from qh1a.sim.plant import SimPlant

MADE_SAFE = "made safe at"
_make_safe = SimPlant.make_safe


async def make_safe(self: SimPlant) -> SafeReport:
    """As shipped, and the monotonic clock of the machine after it."""
    report = await _make_safe(self)
    print(MADE_SAFE, time.monotonic_ns(), file=sys.stderr, flush=True)  # noqa: T201
    return report


if __name__ == "__main__":
    SimPlant.make_safe = make_safe  # type: ignore[method-assign]
    main()
