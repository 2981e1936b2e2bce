"""Both sides hold the same limits, or no session starts and none goes on (H35)."""

import struct
from collections.abc import Mapping
from dataclasses import replace

import pytest

from qh1a.channels import Channel
from qh1a.cli.plant import Bedside, build_plant, load_parts
from qh1a.config import Configuration
from qh1a.control.agreement import EVERY, Agreement
from qh1a.control.kernel import Kernel
from qh1a.script import ScriptedOperator
from qh1a.settings import Limits, limits_crc
from qh1a.tick import STATES, Actuator, Decision, EventCode, Phase, Quality, Response, State
from qh1a.units import NS_PER_S, TICK_NS, Ns
from tests.safety.bench import GOOD, LIMITS, C
from tests.sessions.corners import Corner, Treatment, settled

CORNER = Corner("agreement", settle_s=60.0)
KEY = "p_ven_drop_mmhg"
BITS = (0, 31, 52, 63)
"""The least of the fraction, one in the middle, the least of the exponent, the sign."""


def flipped(value: float, bit: int) -> float:
    """The number with one bit of its 64 the other way round."""
    (bits,) = struct.unpack("<Q", struct.pack("<d", value))
    (other,) = struct.unpack("<d", struct.pack("<Q", bits ^ (1 << bit)))
    assert isinstance(other, float)
    return other


def with_flip(limits: Limits, bit: int) -> Limits:
    """A copy in which one bit of one limit is the other way round."""
    return Limits(limits.name, {**limits.value, KEY: flipped(limits[KEY], bit)})


# -- the comparison -----------------------------------------------------------------------------------------


def compared(limits: Limits, reported: float, ticks: int = 1, quality: int = GOOD) -> tuple[float, int]:
    agreement = Agreement(limits)
    v, q = [0.0] * len(C), [GOOD] * len(C)
    v[C.LIMITS_N], q[C.LIMITS_N] = reported, quality
    for _ in range(ticks):
        agreement.step(v, q)
    return v[C.LIMITS_DIFFER], q[C.LIMITS_DIFFER]


def test_equal_sums_agree_and_any_other_differs() -> None:
    crc = float(limits_crc(LIMITS.value))
    assert compared(LIMITS, crc) == (0.0, GOOD)
    for other in (crc + 1.0, crc - 1.0, 0.0):
        assert compared(LIMITS, other) == (1.0, GOOD)


@pytest.mark.parametrize("quality", [q for q in Quality if q is not Quality.GOOD], ids=lambda q: q.name)
def test_a_sum_that_may_not_be_used_is_no_agreement_and_no_difference(quality: Quality) -> None:
    assert compared(LIMITS, 0.0, quality=int(quality)) == (1.0, int(quality))


def test_the_hosts_own_copy_is_summed_anew_every_ten_seconds() -> None:
    mine = Limits("mine", dict(LIMITS.value))
    agreement = Agreement(mine)
    v, q = [0.0] * len(C), [GOOD] * len(C)
    v[C.LIMITS_N] = float(limits_crc(LIMITS.value))
    agreement.step(v, q)
    assert isinstance(mine.value, dict)
    mine.value[KEY] = flipped(mine[KEY], 0)
    for _ in range(EVERY - 1):
        agreement.step(v, q)
        assert v[C.LIMITS_DIFFER] == 0.0
    agreement.step(v, q)
    assert v[C.LIMITS_DIFFER] == 1.0
    assert EVERY * TICK_NS <= 10 * NS_PER_S


# -- before a start -----------------------------------------------------------------------------------------


def started(host: Limits | None = None, node: Limits | None = None) -> tuple[set[State], list[str]]:
    """Where a session gets to in half a minute, and what was said about its checks."""
    c = Configuration.load("bench-10min.toml")
    parts = load_parts(c.prescription, "sim.toml", "aclf-typical.toml", None, {})
    if node is not None:
        parts = replace(parts, limits=node)
    plant = build_plant(parts, c.prescription, 1)
    kernel = Kernel(c.prescription, host or c.limits, c.tuning, c.rig)
    operator, bedside = ScriptedOperator.of("auto"), Bedside(plant)
    last: Decision | None = None
    states: set[State] = set()
    said: list[str] = []
    for tick in range(300):
        now = Ns(tick * TICK_NS)
        frame = plant.read(now)
        intents = operator.poll(now, last)
        last = kernel.step(frame, intents)
        plant.apply(last.commands)
        bedside(frame, intents, last)
        states.add(last.session.state)
        said += [e.subject for e in last.events if e.code in {EventCode.CHECK_FAILED, EventCode.ALARM_RAISED}]
    return states, said


def phases(states: set[State]) -> set[Phase]:
    return {STATES[s].phase for s in states}


def test_with_equal_limits_a_session_starts() -> None:
    states, said = started()
    assert Phase.PRIME in phases(states)
    assert said == []


@pytest.mark.parametrize("side", ["host", "node"])
@pytest.mark.parametrize("bit", BITS)
def test_one_flipped_bit_and_no_session_starts(side: str, bit: int) -> None:
    states, said = started(**{side: with_flip(LIMITS, bit)})
    assert phases(states) == {Phase.SELF_TEST}
    assert "H35.1" in said


# -- in a treatment -----------------------------------------------------------------------------------------


def node_copy(t: Treatment) -> Mapping[str, float]:
    return t.plant._node.limits  # noqa: SLF001 - nothing in the product flips a bit


def host_copy(t: Treatment) -> Mapping[str, float]:
    return t.kernel._s.agreement._limits.value  # noqa: SLF001 - as above


@pytest.mark.parametrize("bit", BITS)
@pytest.mark.parametrize("copy_of", [node_copy, host_copy], ids=["node", "host"])
def test_one_flipped_bit_in_a_treatment_stops_it_within_ten_seconds(copy_of: object, bit: int) -> None:
    t = settled(CORNER)
    assert t.run(15.0).raised() == []
    values = node_copy(t) if copy_of is node_copy else host_copy(t)
    assert isinstance(values, dict)
    values[KEY] = flipped(values[KEY], bit)
    begin = t.now / NS_PER_S
    course = t.run(12.0)
    assert course.raised()[0] == "H35.1"
    assert course.alarms()[0][0] - begin <= 10.0
    highest = [e.value for _, e in course.events if e.code is EventCode.RESPONSE]
    assert highest[0] == Response.R4
    assert course.states[-1] is State.PAUSE_STOPPED
    assert course.sent(Actuator.BP)[-1] == course.sent(Actuator.VC)[-1] == 0.0
    # It stays for as long as the copies differ: no acknowledgement helps.
    assert course.seen(Channel.LIMITS_DIFFER)[-1] == 1.0


def test_after_the_flip_is_gone_a_restored_treatment_agrees_again() -> None:
    t = settled(CORNER)
    moment = t.snapshot()
    values = node_copy(t)
    assert isinstance(values, dict)
    values[KEY] = flipped(values[KEY], 0)
    t.run(11.0)
    t.restore(moment)
    assert t.run(25.0).raised() == []
