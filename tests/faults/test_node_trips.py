"""The protective node over the simulated circuit: for a host blind or wrong, never before one that is well.

The host is blind where its sensors are frozen or what it reads is written; it is wrong where the commands of
a treatment go on arriving, whatever it decides.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import pytest

from qh1a.channels import Channel
from qh1a.hazards import NODE_RULES
from qh1a.node import NodeTrip
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.fault_table import FAULTS
from qh1a.sim.misreading import Misreading, slot
from qh1a.sim.truth import Truth
from qh1a.tick import UNPOWERED, Frame, State
from tests.contract.subjects import commanded
from tests.faults.compounds import script, watch
from tests.faults.tripping import run
from tests.faults.trips import TRIPS
from tests.faults.twins import usual
from tests.sessions.corners import Corner, settled

_D, _C = Disturbance, Channel
CORNER: Final = Corner("node", settle_s=60.0)
RULE: Final = {rule.id: rule for rule in NODE_RULES}
TREATING: Final[dict[str, float]] = {
    "BP": 130.0, "PP": 30.0, "CP": 100.0, "RP": 30.0, "W": 37.4, "G_O2": 10.0, "G_AIR": 90.0, "G_CO2": 5.0,
    "AC": 1.0, "VC": 1.0, "PC": 1.0, "RC": 1.0, "BV": 1.0,
}  # fmt: skip


def wrong(**changed: float) -> tuple[float, ...]:
    """A treatment commanded on and on, but for the changes."""
    return commanded(**{**TREATING, **changed})


class Blind(NamedTuple):
    """What befalls circuit and host; what the rule sees is true from then on, or after some time.

    `frozen`: sensors of the host that stand still, `unseen`: channels of which it has read the same since.
    `sent`: what arrives from it; None: what it decides.
    """

    rule: str
    loads: tuple[tuple[Disturbance, float], ...]
    frozen: tuple[Channel, ...] = ()
    unseen: tuple[Channel, ...] = ()
    sent: tuple[float, ...] | None = None
    within_s: float = 10.0


_HOT: Final = (_C.T_W1, _C.T_W2, _C.T_W_N, _C.T_BR, _C.T_RET)
_OFF: Final = {"PP": 0.0, "RP": 0.0, "PC": 0.0}
BLIND: Final = (
    Blind("N01", ((_D.HEATER_STUCK_W, 60.0),), unseen=_HOT, within_s=80.0),
    Blind("N02", ((_D.AIR_RETURN_ML_S, 0.1),), frozen=(_C.AIR_V,)),
    Blind("N03", ((_D.AIR_PLASMA_ML_S, 0.1),), frozen=(_C.AIR_P,), within_s=25.0),
    Blind("N04", ((_D.R_RET_FACTOR, 8.0),), sent=wrong(), within_s=80.0),
    Blind("N05", ((_D.R_RET_FACTOR, 12.0),), sent=wrong(**_OFF), within_s=60.0),
    Blind("N06", ((_D.RETURN_OPEN, 1.0),), sent=wrong(BP=70.0, PP=15.0, RP=15.0)),
    Blind("N07", ((_D.RETURN_OPEN, 1.0), (_D.R_RET_FACTOR, 0.1)), sent=wrong(BP=70.0, **_OFF)),
    Blind("N08", ((_D.VC_STUCK, 1.0),), sent=UNPOWERED),
    Blind("N09", ((_D.VC_STUCK, -1.0),), sent=wrong()),
    Blind("N10", (), sent=wrong(RP=-30.0)),
)
"""One way to each rule."""


def test_each_rule_has_its_way() -> None:
    assert [blind.rule for blind in BLIND] == list(RULE)


def _unseen(channels: tuple[Channel, ...]) -> Callable[[Frame], Frame]:
    kept: dict[Channel, float] = {}

    def see(frame: Frame) -> Frame:
        if not kept:
            kept.update({c: frame.value[c] for c in channels})
        value = list(frame.value)
        for c, x in kept.items():
            value[c] = x
        return frame._replace(value=tuple(value))

    return see


@pytest.mark.parametrize("blind", BLIND, ids=lambda blind: blind.rule)
def test_a_rule_trips_for_a_host_that_does_not_act(blind: Blind) -> None:
    t = settled(CORNER)
    for disturbance, to in blind.loads:
        t.load(disturbance, to)
    for channel in blind.frozen:
        t.load(slot(Misreading.FROZEN, channel), 1.0)
    if blind.unseen:
        t.see = _unseen(blind.unseen)
    sent = blind.sent
    if sent is not None:
        t.bend = lambda _: sent
    course = t.run(blind.within_s)
    codes = course.seen(Channel.NODE)
    assert codes.any(), course.alarms()
    at = int(np.argmax(codes > 0.0))
    assert codes[at] == RULE[blind.rule].trip
    assert course.states[-1] is State.SAFE
    # What it does is what a cut of the power does: all stands, and the host tells the operator.
    assert "H33.1" in course.raised()
    after = course.true[at + 10 :]
    assert len(after) > 5
    stuck = [x for d, x in blind.loads if d is _D.VC_STUCK]
    for row in after:
        assert max(abs(row[n]) for n in (Truth.N_BP, Truth.N_PP, Truth.N_CP, Truth.N_RP)) < 0.5
        assert row[Truth.POS_AC] == row[Truth.POS_PC] == 0.0
        assert row[Truth.POS_VC] == float(stuck == [1.0])
    if not sent:
        harm = course.true[-1] - course.true[0]
        assert harm[Truth.AIR_PATIENT_ML] == 0.0


def test_a_host_without_senses_for_it_has_raised_nothing_before_the_node() -> None:
    for rule in ("N01", "N02", "N03"):
        blind = next(b for b in BLIND if b.rule == rule)
        t = settled(CORNER)
        for disturbance, to in blind.loads:
            t.load(disturbance, to)
        for channel in blind.frozen:
            t.load(slot(Misreading.FROZEN, channel), 1.0)
        if blind.unseen:
            t.see = _unseen(blind.unseen)
        assert t.run(blind.within_s).raised()[0] == "H33.1", rule


# -- a host that is well ------------------------------------------------------------------------------------

ACTS_ITSELF: Final = (
    "air_in_return_line", "air_in_plasma_line", "return_line_kink", "return_disconnection",
    "access_disconnection", "plasma_return_kink", "venous_clamp_stuck_closed", "plasma_clamp_stuck_closed",
    "heater_stuck_on", "blood_pump_stall", "return_pump_stall", "power_dip", "air_detector_false",
)  # fmt: skip
"""Faults whose own rule stops them in time."""
FAULT: Final = {row.name: row for row in FAULTS}


@pytest.mark.parametrize("name", ACTS_ITSELF)
def test_where_the_host_acts_the_node_does_not(name: str) -> None:
    row = FAULT[name]
    seen = watch((usual(row),), 180.0)
    raised = [rule for rule, _ in seen.raised]
    assert set(row.response) & set(raised), raised
    assert not seen.read[Channel.NODE].any(), raised
    assert "H33.1" not in raised


@pytest.mark.parametrize("rule", ["H28.5", "H29.1", "H30.1", "H06.1", "H05.1", "H20.3", "H01.1", "H03.1"])
def test_the_host_is_first_where_both_have_a_rule(rule: str) -> None:
    done = run(next(trip for trip in TRIPS if trip.rule == rule))
    assert done.alarmed is not None
    assert "H33.1" not in done.found.before.split()
    assert done.found.first_line == rule
    assert all(alarm.rule != "H33.1" for alarm in done.alarmed.alarms)


def test_a_clamp_that_does_not_close_is_the_hosts_first_and_the_nodes_then() -> None:
    seen = watch(script("disconnection-with-clamp-stuck-open"), 240.0)
    assert seen.first("H05.1") < seen.first("H29.1") < seen.first("H33.1") < seen.first("H05.1") + 1.3
    assert set(seen.read[Channel.NODE].tolist()) == {0.0, float(NodeTrip.CLAMP_OPEN)}
    assert seen.states[-1] is State.SAFE


def test_half_an_hour_of_healthy_treatment_trips_nothing() -> None:
    seen = watch((), 1800.0)
    assert seen.raised == ()
    assert not seen.read[Channel.NODE].any()
