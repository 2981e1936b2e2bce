"""Every row of `expected.csv` as behaviour of the alarms and the supervisor.

`check` and its sisters raise AssertionError for a table that behaves otherwise: the table's mutants use them.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import pytest

from qh1a.channels import CHANNELS, N_MEASURED
from qh1a.control import alarms as alarm_system
from qh1a.control.alarms import QUIET, Active, Alarms
from qh1a.control.plausible import Plausibility
from qh1a.control.supervisor import Supervisor
from qh1a.hazards import RULES, Restrict, Rule, Side
from qh1a.settings import Limits
from qh1a.tick import Actuator, Frame, Priority, Quality, Response, State
from qh1a.units import NS_PER_S, TICK_NS, Ns
from tests.safety.bench import GOOD, LIMITS, RIG, START, A, C, active, commands, qualities, readings
from tests.safety.expected import BY_RULE, ROWS, Row

R = Response
HOUR: Final = 3600 * NS_PER_S
NOT_READY: Final = int(Quality.NOT_READY)

HOLD_S: Final = {R.R0: 10.0, R.R1: 30.0, R.R4S: 3.0}
"""Safety 4.2 has R1 end when its condition has been gone for 30 s. Chosen: R0 outlasts the slowest ripple of
a roller pump; R4s lasts longer than the 2 s after which it becomes R4 (circuit 3). The others end at once."""

_STOP: Final = {A.BP, A.PP, A.RP, A.HP}
_CELLS: Final = {A.CP, A.W, A.G_O2, A.G_AIR, A.G_CO2}
_PLASMA: Final = {A.PP, A.RP, A.PC}
_CLOSED: Final = {A.VC, A.PC, A.AC}
LADDER: Final[Mapping[Response, set[Actuator]]] = {
    R.R0: set(), R.R1: set(), R.R2: _PLASMA, R.R2B: _PLASMA, R.R2W: _PLASMA | {A.W}, R.R2X: _PLASMA | _CELLS,
    R.R4S: _STOP, R.R4: _STOP | _CELLS | _CLOSED, R.R5: _STOP | _CELLS | _CLOSED,
}  # fmt: skip
"""Circuit 3: what each response takes to 0 or closes."""
CAPPED: Final = {"H17", "H18", "H21"}
"""Circuit 6: in RINSEBACK caps stand in their place."""
KEPT: Final = {A.AC, A.VC, A.PC, A.SC, A.SR, A.WC, A.RC, A.BV}
"""Circuit 3, R4s: "clamps as they are"."""
LEAST: Final = 50.0
"""Safety H13: "BP min flow". Chosen: the least blood flow of rinse-back (circuit 6)."""


def restriction(response: Response, a: Actuator) -> Restrict:
    """What circuit 3 has a response do to an actuator."""
    if a in LADDER[response]:
        return Restrict.OFF
    if response is R.R2B and a is A.BP:
        return Restrict.LEAST
    return Restrict.KEEP if response is R.R4S and a in KEPT else Restrict.FREE


# -- alarms -------------------------------------------------------------------------------------------------


class Trial:
    """Alarms with one row's channel readable and no other; `steps` count its grid beyond the limit."""

    def __init__(self, row: Row, table: tuple[Rule, ...], limits: Limits, state: State) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(alarm_system, "RULES", table)
            self.alarms = Alarms(limits)
        self.row = row
        self.state = state
        self.now = START
        self.v = [0.0] * len(C)
        self.q = [NOT_READY] * len(C)
        self.q[row.channel] = GOOD

    def step(self, steps: int, after: int = TICK_NS, of: Row | None = None) -> bool:
        """One tick, `after` ns later; whether anything is present."""
        self.now = Ns(self.now + after)
        self.v[self.row.channel] = beyond(of or self.row, steps)
        self.alarms.step(self.now, self.state, self.v, self.q, [])
        return self.alarms.active is not QUIET

    def trip(self, steps: int = 1, of: Row | None = None) -> bool:
        """Hold the condition for the delay."""
        found = self.step(steps, of=of)
        delay = nanoseconds((of or self.row).delay_s)
        return self.step(steps, delay, of) if delay else found

    def acknowledge(self) -> bool:
        """The operator takes note of the row's alarm; whether there was one."""
        return self.alarms.acknowledge(self.now, self.row.id, [], "found")

    @property
    def shown(self) -> list[str]:
        """The rules whose alarms the operator sees."""
        return [view.rule for view in self.alarms.views]


def nanoseconds(s: float) -> int:
    return round(s * 10) * TICK_NS


def hold_ns(row: Row) -> int:
    """How long the alarm outlasts its cause; a latched one lasts until it is acknowledged."""
    return 0 if row.latch else nanoseconds(HOLD_S.get(row.response, 0.0))


def beyond(row: Row, steps: int) -> float:
    """A reading `steps` of the channel's grid beyond the limit; a negative number is on the safe side."""
    lsb = CHANNELS[row.channel].lsb
    counts = round(row.limit / lsb)
    assert abs(counts * lsb - row.limit) < 1e-9
    return (counts + (steps if row.side is Side.ABOVE else -steps)) * lsb


def check_limit(row: Row, table: tuple[Rule, ...], limits: Limits) -> None:
    for steps in range(-5, 6):
        assert Trial(row, table, limits, min(row.armed)).trip(steps) == (steps >= 0), steps


def check_delay(row: Row, table: tuple[Rule, ...], limits: Limits) -> None:
    trial = Trial(row, table, limits, min(row.armed))
    delay = nanoseconds(row.delay_s)
    for last in (False, True):  # after a break it counts from the start
        assert trial.step(1) == (not delay)
        if delay > TICK_NS:
            assert not trial.step(1, delay - TICK_NS), "too early"
        if delay and not last:
            assert not trial.step(-1)
    assert trial.step(1), "too late"


def check_effect(row: Row, table: tuple[Rule, ...], limits: Limits) -> None:
    trial = Trial(row, table, limits, min(row.armed))
    assert trial.trip()
    found = [(view.rule, view.priority, view.response) for view in trial.alarms.views]
    assert found == ([] if row.priority is Priority.NONE else [(row.id, row.priority, row.response)])
    assert trial.alarms.sound is row.priority
    rinsing = R.NONE if row.id.split(".")[0] in CAPPED else row.response
    assert trial.alarms.active == Active((row.response,), row.holds, row.response, row.stops, row.id, rinsing)
    check_commands(trial.alarms.active, row.response, row.holds, row.stops)


def check_end(row: Row, table: tuple[Rule, ...], limits: Limits) -> None:
    trial = Trial(row, table, limits, min(row.armed))
    trial.trip()
    for _ in range(2):  # taken note of once, and once more
        assert trial.acknowledge(), "not there"
    assert trial.step(1, HOUR), "ended with its cause there"
    hold = hold_ns(row)
    assert trial.step(-1) == (row.latch or hold > 0)
    if row.latch:
        assert trial.step(-1, HOUR), "not latched"
        assert trial.acknowledge()
        assert not trial.step(-1)
    elif hold:
        assert trial.step(-1, hold - TICK_NS), "held too short"
        assert not trial.step(-1), "held too long"
    assert not trial.acknowledge(), "still there"


def check_left(row: Row, table: tuple[Rule, ...], limits: Limits) -> None:
    """In a state that does not arm it a warning ends at once; what restricts ends as it ever does."""
    for cause in (1, -1):
        trial = Trial(row, table, limits, min(row.armed))
        trial.trip()
        held = trial.step(cause) and row.response is not R.R0
        trial.state = State.ENDED
        hold = hold_ns(row)
        assert trial.step(cause) == (held and (row.latch or hold > 0))
        if held and hold:
            assert trial.step(cause, hold - TICK_NS) == (cause > 0), "held from the end of its cause on"
            assert not trial.step(cause)


def check_armed(row: Row, table: tuple[Rule, ...], limits: Limits) -> None:
    silent = Trial(row, table, limits, State.ENDED)
    for state in State:
        if state in row.armed:
            assert Trial(row, table, limits, state).trip(), state.name
        else:
            silent.state = state
            assert not silent.trip(), state.name
    moving = Trial(row, table, limits, min(row.armed))
    moving.step(1)
    moving.state = max(row.armed)
    assert moving.step(1, nanoseconds(row.delay_s) or TICK_NS), "the delay counts on from state to state"


def check_suppressed(row: Row, table: tuple[Rule, ...], limits: Limits) -> None:
    for other in (BY_RULE[id_] for id_ in row.suppressed_by):
        assert other.channel is row.channel
        assert beyond(row, 0) != beyond(other, 0)
        for state in row.armed & other.armed:
            trial = Trial(row, table, limits, state)
            trial.trip(0)
            assert trial.shown == [row.id]
            trial.trip(1, other)
            assert trial.shown == [other.id], state.name
        # The greater alarm there first: this one comes when that one has ended.
        trial = Trial(row, table[::-1], limits, min(row.armed & other.armed))
        trial.trip(1, other)
        assert trial.shown == [other.id]
        trial.step(0)
        trial.step(0, hold_ns(other))
        assert (trial.step(0), trial.shown) == (True, [row.id])


CHECKS: Final = (check_effect, check_limit, check_delay, check_end, check_left, check_suppressed, check_armed)


def check(row: Row, rules: Sequence[Rule], limits: Limits) -> None:
    """Whether `rules` with `limits` behave as the row says."""
    table = tuple(rule for rule in rules if rule.id == row.id or rule.id in row.suppressed_by)
    for part in CHECKS:
        part(row, table, limits)


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_a_rule_behaves_as_its_row_says(row: Row) -> None:
    check(row, RULES, LIMITS)


# -- responses ----------------------------------------------------------------------------------------------

STANDS: Final = readings({C.N_RP: 0.0})
"""A healthy treatment whose return rotor stands, so that PC need not wait for it (I11)."""
ALL_GOOD: Final = qualities()
OPEN: Final = {a: 1.0 for a in A if a >= A.AC}
LOW: Final = [110.0, 20.0, 80.0, 20.0, 1.0, 36.0, 5.0, 60.0, 2.0, *[0.0] * len(OPEN)]
HIGH: Final = commands(OPEN)
MORE: Final = commands({A.BP: 140.0, A.PP: 35.0, A.CP: 110.0, A.RP: 32.0, A.HP: 3.0, A.W: 38.0, **OPEN})


def sent(before: list[float], want: list[float], active: Active) -> tuple[list[float], int]:
    """What leaves with a response in force, a tick after `before` left without; the interlocks that bit."""
    supervisor = Supervisor(LIMITS, RIG)
    supervisor.step(START, before, STANDS, ALL_GOOD, State.TREAT, QUIET)
    out = supervisor.step(Ns(START + TICK_NS), want, STANDS, ALL_GOOD, State.TREAT, active)
    return list(out), supervisor.bits


def check_commands(
    active: Active, response: Response, holds: Sequence[Actuator], stops: Sequence[Actuator]
) -> None:
    """A response takes down what it must, R1 what its rule names, no more; no interlock has to help."""
    out, bits = sent(HIGH, MORE, active)
    for a in A:
        if a in LADDER[response] or a in stops:
            assert out[a] == 0.0, a.name
        elif restriction(response, a) is Restrict.LEAST:
            assert out[a] == LEAST, a.name
        else:
            assert out[a] == (HIGH if a in holds else MORE)[a], a.name
    assert bits == 0


def after(what: Restrict, before: float, want: float) -> float:
    """What a restriction leaves of a wish."""
    if what is Restrict.OFF:
        return 0.0
    if what is Restrict.KEEP:
        return before
    if what is Restrict.LEAST:
        return min(want, LEAST)
    return min(before, want) if what is Restrict.HOLD else want


def check_response(response: Response) -> None:
    """Each actuator, asked for more, for less and for the same, leaves as circuit 3 has it."""
    in_force = active(response)
    check_commands(in_force, response, (), ())
    for a in A:
        what = restriction(response, a)
        for before, want in ((LOW, HIGH), (HIGH, LOW), (HIGH, HIGH)):
            first, then = list(HIGH), list(HIGH)
            first[a], then[a] = before[a], want[a]
            out, _ = sent(first, then, in_force)
            assert out[a] == after(what, before[a], want[a]), a.name


@pytest.mark.parametrize("response", LADDER, ids=lambda r: r.name)
def test_a_response_restricts_what_circuit_3_says(response: Response) -> None:
    check_response(response)


# -- limits that no rule compares with ----------------------------------------------------------------------

OTHERS: Final = {
    "p_acc_limiter_mmhg": -180.0, "p_pre_limiter_mmhg": 300.0, "tmp_limiter_mmhg": 38.0,  # circuit 2
    "p_bri_limiter_mmhg": 150.0, "p_f2o_limiter_mmhg": -40.0,  # circuit 2
    "balance_band_low_g": 80.0, "balance_band_high_g": 320.0,  # circuit 4
    "t_set_high_c": 39.0,  # chosen: below the 39.5 of R1, within the warmer's 30-40.5 (circuit 1)
    "node_t_w_c": 41.5,  # chosen: above the 41.0 of H20 (circuit 2)
    "node_turning_rpm": 0.5, "node_blood_runs_rpm": 5.5,  # chosen: 57 mL/min, above the 50 of H05 (circuit 2)
    "pair_p_ven_mmhg": 20.0,  # safety 4.3 H31
    "pair_t_w_c": 0.8,  # safety 4.3 H31 says 0.5 K. Weaker: the probes themselves may differ by 0.3 K
    "flat_s": 10.0,  # safety 4.3 H31 says 60 s. Stricter: ripple moves every such line within half a second
}  # fmt: skip


PAIRS: Final = (
    ("pair_p_ven_mmhg", C.P_VEN, C.P_VEN_N),
    ("pair_t_w_c", C.T_W1, C.T_W2),
    ("pair_t_w_c", C.T_W1, C.T_W_N),
)
"""Safety 4.3 H31: A/B difference, for 3 s."""
TWO_EYES: Final = readings({C.P_VEN_N: 60.0, C.T_W_N: 37.4})[:N_MEASURED]


def judged(limits: Limits, ticks: int, seen: Sequence[float], *, ripple: bool) -> list[int]:
    """Qualities after so many ticks with these readings."""
    plausibility = Plausibility(limits)
    q: list[int] = []
    for k in range(ticks):
        now = START + k * TICK_NS
        q = [GOOD] * N_MEASURED
        shown = [x + row.lsb * (k % 2 if ripple else 0) for x, row in zip(seen, CHANNELS, strict=False)]
        plausibility.step(Frame(Ns(now), tuple(shown), (now,) * N_MEASURED, tuple(q)), q)
    return q


def check_others(limits: Limits) -> None:
    """Limits of plausibility as behaviour, those of the loops as figures."""
    for key, a, b in PAIRS:
        lsb = CHANNELS[b].lsb
        for steps, quality in ((0, Quality.GOOD), (1, Quality.DISAGREES)):
            seen = list(TWO_EYES)
            seen[b] = (round((seen[a] + OTHERS[key]) / lsb) + steps) * lsb
            assert judged(limits, 30, seen, ripple=True)[b] == Quality.GOOD, (key, steps)
            assert judged(limits, 31, seen, ripple=True)[b] == quality, (key, steps)
    ticks = round(OTHERS["flat_s"] * 10)
    assert judged(limits, ticks, TWO_EYES, ripple=False)[C.P_VEN] == Quality.GOOD
    assert judged(limits, ticks + 1, TWO_EYES, ripple=False)[C.P_VEN] == Quality.FLAT
    assert {key: limits[key] for key in OTHERS} == OTHERS


def test_the_limits_that_no_rule_compares_with() -> None:
    assert set(OTHERS) == set(LIMITS.value) - {rule.limit for rule in RULES}
    check_others(LIMITS)
