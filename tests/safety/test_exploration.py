"""Everything the session machine can do, and what it can meet, through a real supervisor.

Two explorations without chance: the machine breadth first from its start, over every trigger under every
alarm; and the supervisor over state x responses x wants x readings, against I1-I14 written from the circuit.
"""

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations, product
from typing import Final, NamedTuple

import pytest

from qh1a.channels import Channel
from qh1a.control.alarms import Active
from qh1a.control.session import PAUSED, START, Machine, Refusal, Trigger, follow
from qh1a.control.supervisor import Supervisor
from qh1a.hazards import RULES
from qh1a.tick import ACTUATORS, STATES, Phase, Response, State
from qh1a.units import NS_PER_S, TICK_NS, Ns
from tests.safety import test_supervisor as independent
from tests.safety.bench import GOOD, LIMITS, QUIET, RIG, A, C, S, active, commands, qualities, readings
from tests.safety.bench import START as BEGIN

T = Trigger
MOVES: Final = tuple(product(Trigger, (False, True)))
OVER: Final = {S.DISCONNECT, S.ENDED}
TREATED: Final = {Phase.RAMP, Phase.TREAT, Phase.RINSEBACK}


class Graph(NamedTuple):
    """Where every move leads from every machine that a session can be in."""

    after: Mapping[Machine, tuple[Machine | Refusal, ...]]
    depth: Mapping[Machine, int]

    @property
    def told(self) -> str:
        """The size of it, for the texts of failures."""
        pairs = {(m.state, trigger) for m in self.after for trigger, _ in MOVES}
        states = {m.state for m in self.after}
        return (
            f"{len(self.after)} machines in {len(states)} of {len(S)} states, "
            f"{max(self.depth.values())} deep; {len(pairs)} (state, trigger) pairs"
        )

    def moved(self, m: Machine) -> Iterator[tuple[Trigger, Machine]]:
        """The moves that are granted."""
        for (trigger, _), n in zip(MOVES, self.after[m], strict=True):
            if isinstance(n, Machine):
                yield trigger, n


@cache
def graph() -> Graph:
    """Breadth first from the start."""
    depth = {START: 0}
    after: dict[Machine, tuple[Machine | Refusal, ...]] = {}
    edge = deque([START])
    while edge:
        m = edge.popleft()
        after[m] = tuple(follow(m, trigger, blocked=blocked) for trigger, blocked in MOVES)
        for n in after[m]:
            if isinstance(n, Machine) and n not in depth:
                depth[n] = depth[m] + 1
                edge.append(n)
    return Graph(after, depth)


def back_from(ends: set[Machine]) -> set[Machine]:
    """Every machine from which one of `ends` can be reached."""
    into: dict[Machine, set[Machine]] = {}
    for m in graph().after:
        for _, n in graph().moved(m):
            into.setdefault(n, set()).add(m)
    found, edge = set(ends), list(ends)
    while edge:
        for m in into.get(edge.pop(), set()) - found:
            found.add(m)
            edge.append(m)
    return found


# -- the machine -------------------------------------------------------------------------------------------


def test_every_pair_of_machine_and_trigger_is_decided() -> None:
    g = graph()
    for m, answers in g.after.items():
        for (trigger, blocked), n in zip(MOVES, answers, strict=True):
            assert isinstance(n, Machine | Refusal), (m, trigger, blocked, g.told)
            if isinstance(n, Machine):
                assert [type(x) for x in n] == [type(x) for x in START], (m, trigger, blocked, g.told)
                assert follow(m, trigger, blocked=blocked) == n, (m, trigger, blocked, g.told)
                assert n in g.after, g.told


def test_every_state_is_reached_and_every_trigger_moves_something() -> None:
    g = graph()
    assert {m.state for m in g.after} == set(S), g.told
    assert {trigger for m in g.after for trigger, n in g.moved(m) if n != m} == set(T), g.told
    assert {n for answers in g.after.values() for n in answers if isinstance(n, Refusal)} >= {
        Refusal.NOT_NOW, Refusal.ALARM_PRESENT, Refusal.CAP_REACHED,
    }, g.told  # fmt: skip


def test_an_alarm_only_ever_refuses_what_it_does_not_leave_alone() -> None:
    g = graph()
    for m, trigger in product(g.after, T):
        free, blocked = follow(m, trigger), follow(m, trigger, blocked=True)
        assert blocked in {free, Refusal.ALARM_PRESENT}, (m, trigger, g.told)


def test_safe_is_one_word_from_everywhere_and_within_reach_of_everything_but_the_end() -> None:
    g = graph()
    for m in g.after:
        n = follow(m, T.ABORT, blocked=True)
        assert isinstance(n, Machine), (m, g.told)
        assert n.state is (m.state if m.state in OVER else S.SAFE), (m, g.told)
    reach = back_from({m for m in g.after if m.state is S.SAFE})
    assert {m.state for m in g.after.keys() - reach} == OVER, g.told


def test_a_session_can_always_be_ended_even_under_an_alarm() -> None:
    g = graph()
    for blocked in (False, True):
        into: dict[Machine, set[Machine]] = {}
        for m, trigger in product(g.after, (T.ABORT, T.STOP, T.END, T.END_WITHOUT_RINSE, T.DISCONNECTED)):
            n = follow(m, trigger, blocked=blocked)
            if isinstance(n, Machine):
                into.setdefault(n, set()).add(m)
        found = {m for m in g.after if m.state is S.ENDED}
        edge = list(found)
        while edge:
            for m in into.get(edge.pop(), set()) - found:
                found.add(m)
                edge.append(m)
        # With these words alone: abort, end without rinse-back, patient off.
        assert {m.state for m in g.after.keys() - found} == set(), (blocked, g.told)


def proven_after(before: Machine, trigger: Trigger, after: Machine, *, proven: bool) -> bool:
    """An observer beside the machine, over paths alone: has READY_TEST passed, and since then neither has
    the patient been off nor the machine begun anew nor a test failed?"""
    if after.state is S.PATIENT_OFF or STATES[after.state].phase is Phase.SELF_TEST:
        return False
    if before.state is S.READY_TEST and trigger is T.CHECKS_PASSED:
        return True
    return proven and trigger is not T.CHECKS_FAILED


def test_no_path_to_the_patient_but_through_a_passed_test() -> None:
    found: set[tuple[Machine, bool]] = {(START, False)}
    came: dict[tuple[Machine, bool], tuple[tuple[Machine, bool], Trigger]] = {}
    edge = deque(found)
    while edge:
        m, proven = edge.popleft()
        for trigger, n in graph().moved(m):
            if n == m and trigger is not T.CHECKS_FAILED:
                continue
            step = (n, proven_after(m, trigger, n, proven=proven))
            if step not in found:
                found.add(step)
                came[step] = ((m, proven), trigger)
                edge.append(step)
    for m, proven in found:
        touching = STATES[m.state].phase in TREATED | {Phase.CONNECT} or m.connected
        if touching and not proven:
            path, here = [], (m, bool(proven))
            while here in came:
                here, trigger = came[here]
                path.append(f"{here[0].state.name} --{trigger.name}-->")
            pytest.fail(f"{' '.join(reversed(path))} {m.state.name}; {graph().told}")
        assert m.tested <= proven, (m, graph().told)
    assert {STATES[m.state].phase for m, proven in found if proven} >= TREATED


def test_what_was_paused_goes_on_only_by_a_word() -> None:
    """From every pause and from SAFE no event of the session's own starts the blood pump or the plasma."""
    ends = {T.END, T.END_WITHOUT_PLASMA, T.END_WITHOUT_RINSE, T.RINSE_NEXT}
    words = {T.RESUME, T.EXTEND, T.PATIENT_OFF, *ends}
    for m in graph().after:
        if m.state not in PAUSED | {S.SAFE}:
            continue
        for trigger, n in graph().moved(m):
            if STATES[n.state].phase in {Phase.RAMP, Phase.RINSEBACK} or n.state is S.TREAT:
                assert trigger in words, (m, trigger, n)


# -- the supervisor ------------------------------------------------------------------------------------------

R1S: Final = tuple(sorted({(r.holds, r.stops) for r in RULES if r.holds or r.stops}))
SINGLE: Final = tuple(r for r in Response if r is not Response.NONE)
HIGH: Final = [row.hi for row in ACTUATORS]
LEAST, MOST, TREATS, NAN, INF = (
    tuple(want) for want in ([0.0] * len(A), HIGH, commands(), [math.nan] * len(A), [math.inf] * len(A))
)
LEGAL: Final = {id(want): independent.legal(want) for want in (LEAST, MOST, TREATS, NAN, INF)}
HARMLESS: Final = {"healthy", "air", "I14 saline", "POS_SC lost", "N_RP lost", "BALANCE_ABS lost"}
"""Views in which a treatment may go on as it is: other parts answer for them."""


def in_force() -> tuple[Active, ...]:
    """Nothing, each response, each pair that restricts; R1 with each of the rules' holds and stops."""
    found = [QUIET]
    restricting = [r for r in SINGLE if r is not Response.R0]
    for many in (*combinations(SINGLE, 1), *combinations(restricting, 2)):
        named = R1S if Response.R1 in many else (((), ()),)
        found += [active(*many, holds=holds, stops=stops) for holds, stops in named]
    return tuple(found)


EYES: Final = tuple(c for c in independent.READ if c is not C.N_CP)
"""The channels that interlocks look at."""
VIOLATED: Final[Mapping[str, Mapping[Channel, float]]] = {
    "healthy": {},
    "I1 VC closed": {C.POS_VC: 0.0}, "I1 VC between": {C.POS_VC: 0.5},
    "I2 stands": {C.N_BP: 0.0}, "I2 creeps": {C.N_BP: 0.19},
    "I3 mean": {C.Q_B_2S: 90.0}, "I3 now": {C.Q_B: 70.0}, "I3 turns": {C.N_BP: 6.0},
    "I3 backwards": {C.Q_B_2S: -5.0, C.Q_B: -5.0},
    "I5 hot 1": {C.T_W1: 41.0}, "I5 hot 2": {C.T_W2: 41.0},
    "I6 stood": {C.BLOOD_STOP_S: 30.0}, "I7 gained": {C.BALANCE_ABS: LIMITS["balance_trip_ml"]},
    "I11 PC closed": {C.POS_PC: 0.0}, "I11 PC between": {C.POS_PC: 0.5},
    "I12 mean": {C.Q_C_2S: 20.0}, "I12 now": {C.Q_C: 20.0}, "I12 none": {C.Q_C_2S: 2.0, C.Q_C: 2.0},
    "I13 mean": {C.Q_C_2S: 9.9}, "I13 now": {C.Q_C: 9.9},
    "I14 no way": {C.POS_AC: 0.0, C.POS_SC: 0.0}, "I14 saline": {C.POS_AC: 0.0, C.POS_SC: 1.0},
    "air": {C.AIR_V_BUBBLE: 0.1},
}  # fmt: skip


class View(NamedTuple):
    """Readings of one case."""

    name: str
    v: list[float]
    q: list[int]


def views() -> tuple[View, ...]:
    """Healthy, each condition violated, each eye bad in quality."""
    found = [View(name, readings(changes), qualities()) for name, changes in VIOLATED.items()]
    found += [View(f"{c.name} lost", readings(), qualities(c)) for c in EYES]
    return tuple(found)


WISHES: Final = (TREATS, MOST, INF, NAN, LEAST, TREATS, MOST, MOST, MOST, TREATS)
"""What one supervisor is asked, a tick each: one second of what is measured, and the wait of the clamp."""
CLAMP_WAITS: Final = 5
SECOND: Final = 9


def predicates(state: State, a: Active, view: View, out: Sequence[float], ticks: int) -> None:
    """What may leave in the tick `ticks` after a treatment: the spans, the ladder, I1-I14 (circuit 3)."""
    v, q = view.v, view.q
    tick = independent.Tick(TICK_NS, [], v, q, state, a)
    independent.check_spans(out)
    independent.check_interlocks(tick, out, 0)
    for r in a.responses:
        waits = ticks <= CLAMP_WAITS and Response.R4S not in a.responses
        assert all(out[x] == 0.0 for x in independent.OFF[r] if not (x is A.PC and waits)), r.name
    assert all(out[x] == 0.0 for x in a.stops)
    if ticks <= CLAMP_WAITS and independent.pc_may_wait(tick, commands()):
        assert out[A.PC] == 1.0, "I11: PC closes after RP stands"
    if ticks >= SECOND:  # I3, I12 and I13 obey within 1.0 s what is measured now
        blood, perfusion = (max(0.0, v[c]) if q[c] == GOOD else 0.0 for c in (C.Q_B, C.Q_C))
        assert out[A.PP] <= 0.30 * blood + 1e-9, "I3"
        assert state is S.SELF_PUMPS or out[A.RP] <= max(0.0, perfusion - 3.0) + 1e-9, "I12"
        assert perfusion >= 10.0 or not any(out[x] for x in (A.W, *independent.GAS)), "I13"


def explore(state: State, a: Active, view: View) -> None:
    """A supervisor that has treated until now meets the case, every want in turn."""
    supervisor = Supervisor(LIMITS, RIG)
    sent = supervisor.step(BEGIN, commands(), readings(), qualities(), S.TREAT, QUIET)
    assert sent == tuple(commands())
    for ticks, want in enumerate(WISHES, 1):
        out = supervisor.step(Ns(BEGIN + ticks * TICK_NS), list(want), view.v, view.q, state, a)
        predicates(state, a, view, out, ticks)
        wish = LEGAL[id(want)]
        assert all(out[x] <= wish[x] for x in independent.AMOUNTS), ticks
        assert all(out[x] <= sent[x] for x in a.holds), ticks
        sent = out


@pytest.mark.parametrize("state", S, ids=lambda s: s.name)
def test_whatever_is_in_force_asked_and_read_the_interlocks_hold(state: State) -> None:
    """All of in_force x views; the wants of a case share one supervisor, one after the other. Not combined:
    two channels at fault at once, three responses; the random batteries do that."""
    cases = 0
    for a, view in product(in_force(), views()):
        try:
            explore(state, a, view)
        except AssertionError as error:
            error.add_note(f"{state.name}, {a}, {view.name}; case {cases}")
            raise
        cases += 1
    assert cases == len(in_force()) * len(views()) > 1500


@pytest.mark.parametrize("state", S, ids=lambda s: s.name)
def test_heparin_ends_thirty_seconds_after_the_blood_in_every_state(state: State) -> None:
    supervisor = Supervisor(LIMITS, RIG)
    supervisor.step(BEGIN, commands(), readings(), qualities(), S.TREAT, QUIET)
    for after_s, most in ((0.1, 2.0), (29.9, 2.0), (30.0, 0.0), (31.0, 0.0)):
        now = Ns(BEGIN + round(after_s * NS_PER_S))
        want = commands({A.BP: 0.0})
        out = supervisor.step(now, want, readings({C.N_BP: 0.0}), qualities(), state, QUIET)
        assert out[A.HP] <= most, after_s
        if state is S.TREAT:
            assert out[A.HP] == most, after_s


def test_the_exploration_lets_a_healthy_treatment_through() -> None:
    """Its predicates forbid something, or they would prove nothing: what is healthy leaves as wanted."""
    healthy = View("healthy", readings(), qualities())
    explore(S.TREAT, QUIET, healthy)
    predicates(S.TREAT, QUIET, healthy, commands(), SECOND)
    for view in views():
        if view.name in HARMLESS:
            predicates(S.TREAT, QUIET, view, commands(), SECOND)
        else:
            with pytest.raises(AssertionError):
                predicates(S.TREAT, QUIET, view, commands(), SECOND)
