"""Whatever is asked and whatever is read: the supervisor only lowers, holds or voids (circuit 3, I1-I14).

"Lower, hold or void" means here: a pump, the warmer or a gas is never above what was asked; a clamp is open
only if that was asked, if R4s keeps it so, or for PC while the return pump still turns (I11).
A wish outside an actuator's span counts as the nearest end for too much, as the unpowered value for nonsense.
"""

import copy
import math
from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from qh1a.channels import CHANNELS, Channel
from qh1a.control.alarms import Active
from qh1a.control.supervisor import Supervisor
from qh1a.tick import ACTUATORS, CLAMPS, STATES, UNPOWERED, Actuator, Phase, Quality, Response, State
from qh1a.units import NS_PER_S, TICK_NS, Ns
from tests.safety.bench import (
    GOOD,
    LIMITS,
    QUIET,
    RIG,
    SETS_OF_RESPONSES,
    START,
    A,
    C,
    S,
    active,
    commands,
    qualities,
    readings,
)

READ = (
    C.Q_B, C.Q_B_2S, C.Q_C, C.Q_C_2S, C.N_BP, C.N_CP, C.N_RP, C.P_VEN, C.P_ACC, C.P_PRE, C.P_RET, C.AIR_V,
    C.AIR_P,
    C.T_W1, C.T_W2, C.POS_AC, C.POS_VC, C.POS_PC, C.POS_SC, C.BALANCE_ABS,
)  # fmt: skip
"""What the supervisor may look at, besides the timer of standing blood."""
POSITIONS = {C.POS_AC, C.POS_VC, C.POS_PC, C.POS_SC}
PUMPS = (A.BP, A.PP, A.CP, A.RP, A.HP)
AMOUNTS = (*PUMPS, A.W, A.G_O2, A.G_AIR, A.G_CO2)
GAS = (A.G_O2, A.G_AIR, A.G_CO2)

# The ladder as circuit 3 states it: what each response switches off or keeps.
R2_OFF = {A.PP, A.RP, A.PC}
CELLS = {A.CP, A.W, *GAS}
OFF = {
    Response.R0: set(), Response.R1: set(), Response.R2: R2_OFF, Response.R2B: R2_OFF,
    Response.R2W: R2_OFF | {A.W},
    Response.R2X: R2_OFF | CELLS, Response.R4S: {A.BP, A.PP, A.RP, A.HP},
    Response.R4: {A.BP, A.PP, A.RP, A.HP, A.AC, A.VC, A.PC} | CELLS,
    Response.R5: {A.BP, A.PP, A.RP, A.HP, A.AC, A.VC, A.PC} | CELLS,
}  # fmt: skip
LEAST_BLOOD = 50.0
KEPT = {A.AC, A.VC, A.PC, A.SC, A.SR, A.WC, A.RC, A.BV}

ON_PATIENT = {S.RAMP, S.TREAT, S.TREAT_END, S.PAUSE_PLASMA, S.RINSE_PLASMA, S.RINSE_BLOOD}
SELF_TEST = {s for s in S if STATES[s].phase is Phase.SELF_TEST}
BEFORE = {s for s in S if STATES[s].phase in {Phase.READY, Phase.CONNECT}}
STANDING = {S.SAFE, S.PAUSE_STOPPED, S.PATIENT_OFF}
GOVERNS = {
    1: {A.BP, A.RP}, 2: {A.PP, A.RP}, 3: {A.PP}, 4: {A.RP}, 5: {A.W}, 6: {A.HP}, 7: {A.PP, A.RP},
    9: {*PUMPS, A.W}, 11: {A.RP}, 12: {A.RP}, 13: {A.W, *GAS}, 14: {A.BP},
}  # fmt: skip
"""Which actuators an interlock can void. I8 is the lease's, I10 the limits'."""


class Tick(NamedTuple):
    """One tick's input."""

    after: int
    want: list[float]
    v: list[float]
    q: list[int]
    state: State
    active: Active


any_float = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from(
    [0.0, 1.0, 37.0, 60.0, 130.0, -0.0, 1e-9]
)


@st.composite
def wishes(draw: st.DrawFn) -> list[float]:
    """Mostly a treatment, with anything at all here and there."""
    want = commands()
    for a in draw(st.lists(st.sampled_from(list(A)), max_size=6)):
        want[a] = draw(any_float)
    return want


@st.composite
def looks(draw: st.DrawFn) -> tuple[list[float], list[int]]:
    """Readings: a GOOD value is inside its channel's range, any other can be anything."""
    v, q = readings(), qualities()
    for c in draw(st.lists(st.sampled_from(READ), max_size=5)):
        row = CHANNELS[c]
        quality = draw(st.sampled_from(list(Quality)))
        q[c] = int(quality)
        if quality is not Quality.GOOD:
            v[c] = draw(any_float)
        elif c in POSITIONS:
            v[c] = draw(st.sampled_from([0.0, 0.5, 1.0]))
        else:
            edges = [x for x in (0.0, 0.19, 3.0, 10.0, 41.0, 150.0) if row.lo <= x <= row.hi]
            v[c] = draw(st.sampled_from(edges) | st.floats(row.lo, row.hi))
    v[C.BLOOD_STOP_S] = draw(st.sampled_from([0.0, 29.9, 30.0, 500.0]))
    return v, q


@st.composite
def ticks(draw: st.DrawFn) -> Tick:
    v, q = draw(looks())
    responses = draw(st.lists(st.sampled_from(SETS_OF_RESPONSES), max_size=3, unique=True))
    holds = (
        draw(st.lists(st.sampled_from([A.PP, A.W]), max_size=2, unique=True))
        if Response.R1 in responses
        else []
    )
    stops = draw(st.sampled_from([[], [], [A.HP], [A.W]])) if Response.R1 in responses else []
    after = draw(st.sampled_from([TICK_NS, 3 * TICK_NS, 3 * NS_PER_S, 31 * NS_PER_S]))
    state = draw(st.sampled_from([S.TREAT, S.RAMP]) | st.sampled_from(list(State)))
    return Tick(after, draw(wishes()), v, q, state, active(*responses, holds=holds, stops=stops))


def legal(want: Sequence[float]) -> list[float]:
    """The wish inside every span."""
    out = []
    for row, a, x in zip(ACTUATORS, Actuator, want, strict=True):
        if a in CLAMPS:
            out.append(x if x in {0.0, 1.0} else row.unpowered)
        elif math.isnan(x) or x < 0.0 or (a is A.W and x < 30.0):
            out.append(row.unpowered)
        else:
            out.append(min(x, row.hi))
    return out


def restricted(wish: Sequence[float], sent: Sequence[float], a: Active) -> list[float]:
    """What the responses alone leave of a wish."""
    out = list(wish)
    for x in A:
        if any(x in OFF[r] for r in a.responses) or x in a.stops:
            out[x] = 0.0
        elif Response.R4S in a.responses and x in KEPT:
            out[x] = sent[x]
        elif Response.R2B in a.responses and x is A.BP:
            out[x] = min(out[x], LEAST_BLOOD)
        elif x in a.holds:
            out[x] = min(out[x], sent[x])
    return out


def check_spans(out: Sequence[float]) -> None:
    for a, row, x in zip(A, ACTUATORS, out, strict=True):
        assert 0.0 <= x <= row.hi, a.name
        assert a not in CLAMPS or x in {0.0, 1.0}, a.name


def pc_may_wait(t: Tick, sent: Sequence[float]) -> bool:
    """I11: the return pump still turns, and no air is about."""
    turning = t.q[C.N_RP] == GOOD and abs(t.v[C.N_RP]) >= 0.2
    air = t.q[C.AIR_V] != GOOD or t.q[C.AIR_P] != GOOD or t.v[C.AIR_V_BUBBLE] > 0 or t.v[C.AIR_P_BUBBLE] > 0
    return sent[A.PC] == 1.0 and turning and not air and t.active.highest < Response.R4S


def check_only_lowers(t: Tick, out: Sequence[float], sent: Sequence[float]) -> None:
    wish = legal(t.want)
    for a in AMOUNTS:
        assert out[a] <= wish[a], a.name
    waits = {A.PC} if pc_may_wait(t, sent) else set()
    for a in CLAMPS:
        keeps = (Response.R4S in t.active.responses and a in KEPT) or a in waits
        assert out[a] == 0.0 or wish[a] == 1.0 or (keeps and sent[a] == 1.0), a.name
    for r in t.active.responses:
        assert all(out[a] == 0.0 for a in OFF[r] - waits), r.name
    for a in t.active.holds:
        assert out[a] <= sent[a], a.name
    for a in t.active.stops:
        assert out[a] == 0.0, a.name


def check_interlocks(t: Tick, out: Sequence[float], stood_ns: int | None) -> None:
    v, q, state = t.v, t.q, t.state

    def good(c: Channel) -> bool:
        return q[c] == GOOD

    if out[A.VC] == 0.0 or not good(C.POS_VC) or v[C.POS_VC] == 0.0:  # I1
        assert out[A.BP] == out[A.RP] == 0.0
    if out[A.BP] == 0.0 or not good(C.N_BP) or abs(v[C.N_BP]) < 0.2:  # I2
        assert out[A.PP] == out[A.RP] == 0.0
    if out[A.PP] > 0.0:  # I3
        assert good(C.Q_B_2S)
        assert out[A.PP] <= 0.30 * min(out[A.BP], v[C.Q_B_2S], v[C.N_BP] * RIG.bp_stroke_ml) + 1e-12
    if out[A.RP] > 0.0:  # I4
        assert all(good(c) for c in (C.AIR_V, C.AIR_P, C.P_VEN, C.P_RET))
    if out[A.W] > 0.0:  # I5
        assert all(good(c) for c in (C.T_W1, C.T_W2, C.Q_C_2S))
        assert max(v[C.T_W1], v[C.T_W2]) < 41.0
        assert v[C.Q_C_2S] >= 10.0
    if out[A.HP] > 0.0:  # I6
        assert out[A.BP] > 0.0 or (stood_ns is not None and stood_ns < 30 * NS_PER_S)
        assert v[C.BLOOD_STOP_S] < 30.0
    if good(C.BALANCE_ABS) and v[C.BALANCE_ABS] >= 150.0 and state in {S.RAMP, S.TREAT}:  # I7
        assert out[A.PP] == out[A.RP] == 0.0
    check_phase(state, out)
    if out[A.RP] > 0.0:  # I11, I12
        assert out[A.PC] == 1.0
        assert good(C.POS_PC)
        assert v[C.POS_PC] == 1.0
        if state is not S.SELF_PUMPS:
            assert good(C.Q_C_2S)
            assert out[A.RP] <= v[C.Q_C_2S] - 3.0
    if not good(C.Q_C_2S) or v[C.Q_C_2S] < 10.0 or out[A.CP] < 10.0:  # I13
        assert all(out[a] == 0.0 for a in (A.W, *GAS))
    if out[A.BP] > 0.0 and state in ON_PATIENT:  # I14
        assert all(good(c) for c in (C.AIR_V, C.P_VEN, C.P_ACC, C.P_PRE))
        assert v[C.POS_VC] == 1.0
        assert (good(C.POS_AC) and v[C.POS_AC] == 1.0) or (good(C.POS_SC) and v[C.POS_SC] == 1.0)


def check_phase(state: State, out: Sequence[float]) -> None:
    """I9."""
    if state in SELF_TEST:
        most = 20.0 if state is S.SELF_PUMPS else 0.0
        assert all(out[a] <= most for a in PUMPS)
        assert out[A.HP] == out[A.W] == 0.0
    if state in {S.DISCONNECT, S.ENDED}:
        assert all(out[a] == 0.0 for a in (*PUMPS, A.W))
    if state in BEFORE:
        assert out[A.BP] <= 100.0
        assert out[A.PP] == out[A.RP] == out[A.HP] == 0.0
        if state not in {S.READY, S.CONNECT_FILL}:
            assert out[A.BP] == 0.0
    if state in STANDING:
        assert out[A.BP] == out[A.PP] == out[A.RP] == out[A.HP] == 0.0


def check_bits(t: Tick, out: Sequence[float], sent: Sequence[float], bits: int, *, starting: bool) -> None:
    """A bit is set exactly when its interlock took something away from what the responses had left."""
    left = restricted(legal(t.want), sent, t.active)
    lowered = {a for a in A if out[a] < left[a]}
    bitten = {k + 1 for k in range(24) if bits >> k & 1}
    assert bitten <= set(GOVERNS)
    for k in bitten:
        assert GOVERNS[k] & lowered, f"I{k} says that it bit"
    for a in lowered:
        assert any(a in GOVERNS[k] for k in bitten) or (starting and a in {A.PP, A.RP}), a.name
    assert {a for a in A if out[a] > left[a]} <= ({A.PC} if pc_may_wait(t, sent) else set())


@settings(max_examples=500)
@given(st.lists(ticks(), min_size=1, max_size=3))
def test_any_wish_any_reading_any_response(sequence: list[Tick]) -> None:
    supervisor = Supervisor(LIMITS, RIG)
    now, ran, started = START, None, None
    # A treatment has run before, so that there is something to hold and to keep.
    sent = supervisor.step(now, commands(), readings(), qualities(), S.TREAT, QUIET)
    ran = started = now
    for t in sequence:
        now = Ns(now + t.after)
        out = supervisor.step(now, t.want, t.v, t.q, t.state, t.active)
        if out[A.BP] > 0.0:
            ran = now
            started = now if started is None else started
        else:
            started = None
        check_spans(out)
        check_only_lowers(t, out, sent)
        check_interlocks(t, out, now - ran)
        starting = started is not None and now - started < 2 * NS_PER_S
        check_bits(t, out, sent, supervisor.bits, starting=starting)
        sent = out


@settings(max_examples=200)
@given(ticks(), st.lists(st.sampled_from(SETS_OF_RESPONSES), min_size=1, max_size=3))
def test_adding_a_response_never_loosens_an_output(t: Tick, more: list[Response]) -> None:
    supervisor = Supervisor(LIMITS, RIG)
    sent = supervisor.step(START, commands(), readings(), qualities(), S.TREAT, QUIET)
    other = copy.deepcopy(supervisor)
    now = Ns(START + t.after)
    fewer = supervisor.step(now, t.want, t.v, t.q, t.state, t.active)
    greater = active(*{*t.active.responses, *more}, holds=(*t.active.holds, A.PP, A.W), stops=t.active.stops)
    more_out = other.step(now, t.want, t.v, t.q, t.state, greater)
    for a in AMOUNTS:
        assert more_out[a] <= fewer[a], a.name
    kept = Response.R4S in greater.responses and Response.R4S not in t.active.responses
    for a in CLAMPS:
        # R4s may keep a clamp that a phase would close: over-pressure must not be trapped (circuit 3).
        assert more_out[a] <= (max(fewer[a], sent[a]) if kept and a in KEPT else fewer[a]), a.name
        if any(a in OFF[r] for r in t.active.responses) and not (a is A.PC and pc_may_wait(t, sent)):
            assert more_out[a] == 0.0, a.name


@settings(max_examples=100)
@given(st.lists(any_float, min_size=len(A), max_size=len(A)))
@example([math.inf] * len(A))
@example([-math.inf] * len(A))
@example([math.nan] * len(A))
def test_a_wish_of_nonsense_leaves_inside_every_span(want: list[float]) -> None:
    supervisor = Supervisor(LIMITS, RIG)
    out = supervisor.step(START, want, readings(), qualities(), S.TREAT, QUIET)
    check_spans(out)
    assert all(not math.isnan(x) for x in out)


def test_nonsense_becomes_the_unpowered_value_and_too_much_the_most() -> None:
    supervisor = Supervisor(LIMITS, RIG)
    for nonsense in (math.nan, -1.0, -math.inf):
        out = supervisor.step(START, [nonsense] * len(A), readings(), qualities(), S.TREAT, QUIET)
        assert out == UNPOWERED
    perfusion, clamp = A.CP, A.AC
    for x, most in ((math.inf, 250.0), (250.1, 250.0), (250.0, 250.0)):
        out = supervisor.step(START, commands({perfusion: x}), readings(), qualities(), S.TREAT, QUIET)
        assert out[perfusion] == most
    for x in (0.5, 2.0, math.inf, math.nan):
        out = supervisor.step(START, commands({clamp: x, A.RC: x}), readings(), qualities(), S.TREAT, QUIET)
        assert (out[clamp], out[A.RC]) == (0.0, 1.0)


def test_each_response_does_what_the_ladder_says_and_no_more() -> None:
    for response, off in OFF.items():
        supervisor = Supervisor(LIMITS, RIG)
        supervisor.step(START, commands(), readings(), qualities(), S.TREAT, QUIET)
        out = supervisor.step(
            Ns(START + TICK_NS), commands(), readings({C.N_RP: 0.0}), qualities(), S.TREAT, active(response)
        )
        wanted = commands()
        slow = {A.BP} if response is Response.R2B else set()
        lowered = slow | {a for a in off if wanted[a] > 0.0}
        assert {a for a in A if out[a] != wanted[a]} == lowered, response.name
        assert out[A.BP] == (LEAST_BLOOD if slow else 0.0 if A.BP in off else wanted[A.BP])


def test_r4s_keeps_clamps_as_they_are() -> None:
    supervisor = Supervisor(LIMITS, RIG)
    supervisor.step(START, commands(), readings(), qualities(), S.TREAT, QUIET)
    closed = commands(dict.fromkeys(KEPT, 0.0))
    for _ in range(3):
        out = supervisor.step(START, closed, readings(), qualities(), S.PAUSE_STOPPED, active(Response.R4S))
        assert [out[a] for a in (A.AC, A.VC, A.PC, A.RC, A.BV)] == [1.0] * 5
    both = active(Response.R4S, Response.R4)
    out = supervisor.step(START, closed, readings(), qualities(), S.PAUSE_STOPPED, both)
    assert [out[a] for a in (A.AC, A.VC, A.PC, A.RC)] == [0.0, 0.0, 0.0, 1.0]
    # What was closed stays closed while R4s keeps it, whatever is asked.
    out = supervisor.step(START, commands(), readings(), qualities(), S.TREAT, active(Response.R4S))
    assert [out[a] for a in (A.AC, A.VC, A.PC)] == [0.0, 0.0, 0.0]


def test_r1_holds_what_its_rule_names_and_lets_it_fall() -> None:
    supervisor = Supervisor(LIMITS, RIG)
    held = active(Response.R1, holds=(A.PP,))

    def separation(want: float, a: Active) -> float:
        return supervisor.step(START, commands({A.PP: want}), readings(), qualities(), S.TREAT, a)[A.PP]

    assert separation(20.0, QUIET) == 20.0
    assert [separation(x, held) for x in (25.0, 20.0, 15.0, 25.0)] == [20.0, 20.0, 15.0, 15.0]
    assert separation(25.0, QUIET) == 25.0


def test_r1_stops_what_its_rule_names_and_nothing_else() -> None:
    supervisor = Supervisor(LIMITS, RIG)
    out = supervisor.step(START, commands(), readings(), qualities(), S.TREAT, QUIET)
    assert out == tuple(commands())
    stopped = active(Response.R1, stops=(A.HP,))
    out = supervisor.step(START, commands(), readings(), qualities(), S.TREAT, stopped)
    assert out == tuple(commands({A.HP: 0.0}))
    both = active(Response.R1, holds=(A.HP,), stops=(A.HP,))
    assert supervisor.step(START, commands(), readings(), qualities(), S.TREAT, both)[A.HP] == 0.0
    assert supervisor.bits == 0
    assert supervisor.step(START, commands(), readings(), qualities(), S.TREAT, QUIET) == tuple(commands())


def test_a_stop_of_blood_is_never_slowed() -> None:
    for state in State:
        supervisor = Supervisor(LIMITS, RIG)
        supervisor.step(START, commands(), readings(), qualities(), S.TREAT, QUIET)
        want = commands({A.BP: 0.0})
        out = supervisor.step(Ns(START + TICK_NS), want, readings(), qualities(), state, QUIET)
        assert out[A.BP] == 0.0, state.name
