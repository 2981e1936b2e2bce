"""What answers each fault in a settled treatment is what its row of the catalogue says."""

from typing import Final

import pytest

from qh1a.sim.fault_row import FaultRow, Profile
from qh1a.sim.fault_table import FAULTS
from qh1a.sim.misreading import UNDISTURBED, slot
from qh1a.tick import State
from tests.sessions.corners import Corner, settled

WATCHED_S: Final = 900.0
LATE_S: Final = {"gas_supply_lost": 6600.0}
"""The oxygen in reservoir and lines lasts the cells for an hour and a half."""
ONSET_S: Final = 300.0
"""A slow fault comes this fast: how slowly does not decide what answers it."""


@pytest.mark.parametrize("row", FAULTS, ids=lambda row: row.name)
def test_its_rules_answer_and_without_rules_none_does(row: FaultRow) -> None:
    t = settled(Corner("typical"))
    which = slot(row.disturbance, next(iter(row.channels), None))
    t.load(which, row.default, 0.0 if row.profile is Profile.STEP else min(ONSET_S, row.over_s))
    raised: list[str] = []
    if row.profile is Profile.STEP and row.over_s:
        # One that passes of itself.
        raised += t.run(row.over_s).raised()
        t.loads.clear()
        t.load(which, UNDISTURBED[which])
    for _ in range(round(LATE_S.get(row.name, WATCHED_S) / 10.0)):
        course = t.run(10.0)
        raised += course.raised()
        if (
            course.states[-1] is not State.TREAT
            or set(row.response) & set(raised) == set(row.response) != set()
        ):
            break
    if row.response:
        assert set(row.response) <= set(raised), raised
    else:
        assert raised == []
