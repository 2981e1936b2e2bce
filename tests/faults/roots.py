"""Which alarm stands first when a fault has stopped treatment; `python -m` writes roots.csv."""

import csv
import io
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from qh1a.sim.fault_row import FaultRow, Profile
from qh1a.sim.fault_table import FAULTS
from qh1a.sim.misreading import UNDISTURBED, slot
from qh1a.tick import Decision, EventCode, Priority, State
from tests.faults.test_fault_responses import LATE_S, ONSET_S, WATCHED_S
from tests.faults.tripping import ready
from tests.faults.trips import Trip
from tests.sessions.corners import Treatment

FILE: Final = Path(__file__).parent / "roots.csv"
ANSWERED: Final[tuple[FaultRow, ...]] = tuple(row for row in FAULTS if row.response)
LATER_S: Final = 10.0
AFTER_LAST_S: Final = 120.0
"""A fault that has raised all its rules and has stopped nothing in this time will not."""


@dataclass(frozen=True, slots=True)
class Root:
    """What stood first for one fault; - for nothing."""

    fault: str
    root: str
    """The rules that its row of the catalogue names."""
    stopped_s: str
    """Onset to the first stop; - where there was none, and the last alarm counts instead."""
    first_line: str
    later: str
    """On top 10 s later."""
    raised: str
    """All rules above LOW up to then, in their order."""

    @property
    def hidden(self) -> bool:
        """Whether a consequence stands above the root."""
        return self.first_line not in self.root.split()

    @property
    def hidden_later(self) -> bool:
        """The same, 10 s later; an empty list hides nothing."""
        return self.later not in ("-", *self.root.split())


def _top(decision: Decision) -> str:
    return decision.alarms[0].rule if decision.alarms else "-"


def _ticks(t: Treatment, seconds: float, raised: list[str]) -> tuple[Decision, bool]:
    """Go on; the last decision and whether an alarm was raised in any of these ticks."""
    new = False
    decision = t.last
    for _ in range(round(seconds * 10.0)):
        _, decision = t.tick()
        more = [
            e.subject for e in decision.events
            if e.code is EventCode.ALARM_RAISED and Priority[e.detail] >= Priority.MEDIUM
        ]  # fmt: skip
        raised += more
        new = new or bool(more)
    assert decision is not None
    return decision, new


def found(row: FaultRow) -> Root:
    """What stands first for a fault that comes up in treatment."""
    t = ready(Trip("", State.TREAT, (), 0.0))
    which = slot(row.disturbance, next(iter(row.channels), None))
    t.load(which, row.default, 0.0 if row.profile is Profile.STEP else min(ONSET_S, row.over_s))
    passes_s = row.over_s if row.profile is Profile.STEP and row.over_s else None
    raised: list[str] = []
    top, stopped, passed, quiet = "-", "-", 0.0, 0.0
    while passed < LATE_S.get(row.name, WATCHED_S):
        decision, new = _ticks(t, 0.1, raised)
        passed += 0.1
        quiet = 0.0 if new else quiet + 0.1
        if passes_s is not None and passed >= passes_s:
            t.load(which, UNDISTURBED[which])
            passes_s = None
        if new:
            top = _top(decision)
        if decision.session.state is not State.TREAT:
            top, stopped = _top(decision), f"{passed:.1f}"
            break
        if set(row.response) <= set(raised) and quiet > AFTER_LAST_S:
            break
    later = _top(_ticks(t, LATER_S, raised)[0])
    return Root(row.name, " ".join(row.response), stopped, top, later, " ".join(raised) or "-")


COLUMNS: Final = tuple(f.name for f in fields(Root))


def read() -> dict[str, Root]:
    """roots.csv, by fault."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return {line["fault"]: Root(**line) for line in csv.DictReader(file)}


def written() -> str:
    """All of roots.csv, run anew."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([getattr(root, name) for name in COLUMNS] for root in map(found, ANSWERED))
    return text.getvalue()


if __name__ == "__main__":
    sys.stdout.write(written())
