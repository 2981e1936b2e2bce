"""Decides a recorded session, with snapshots: says how many ticks a restored kernel decided otherwise."""

import sys
from pathlib import Path

from qh1a.config import Configuration
from qh1a.control.kernel import Kernel
from qh1a.record import SessionFile
from qh1a.tick import Decision

AHEAD = 40
"""Ticks decided twice after each snapshot."""


def wrong(path: Path) -> int:
    """Once a minute: snapshot, go on, restore another kernel, and decide the same ticks again."""
    with SessionFile(path) as file:
        c = Configuration.from_tree(file.header.configs)
        intents, _ = file.tick_records()
        one, other = (Kernel(c.prescription, c.limits, c.tuning, c.rig) for _ in range(2))
        found = 0
        for minute in file.minutes_iter():
            ticks = [(frame, intents.get(n, ())) for n, frame in enumerate(file.frames(minute), minute.first)]
            kept = one.snapshot()
            decided: list[Decision] = [one.step(*tick) for tick in ticks]
            for _ in range(2):
                other.restore(kept)
                again = [other.step(*tick) for tick in ticks[:AHEAD]]
                found += sum(a != b for a, b in zip(again, decided, strict=False))
    return found


if __name__ == "__main__":
    print(wrong(Path(sys.argv[1])))  # noqa: T201
