"""The last word on every command: it can lower, hold or void, never raise (circuit 3).

It takes what the loops want, the tick's readings and the responses in force, and gives what leaves. Its
limits are those of the tables; it shares no code with the loops. Each interlock that had to bite sets its bit
(I1 is bit 0), which the tick reports as an event and, one tick later, as a derived channel.
"""

from math import inf
from typing import Final

from mypy_extensions import mypyc_attr

from qh1a.control.alarms import QUIET, Active
from qh1a.control.index import (
    AC,
    ACT_G_AIR,
    ACT_G_CO2,
    ACT_G_O2,
    AIR_P,
    AIR_P_BUBBLE,
    AIR_V,
    AIR_V_BUBBLE,
    BALANCE_ABS,
    BLOOD_STOP_S,
    BP,
    CP,
    HP,
    N_BP,
    N_RP,
    P_ACC,
    P_PRE,
    P_RET,
    P_VEN,
    PC,
    POS_AC,
    POS_PC,
    POS_SC,
    POS_VC,
    PP,
    Q_B,
    Q_B_2S,
    Q_C,
    Q_C_2S,
    RP,
    T_W1,
    T_W2,
    VC,
    W,
)
from qh1a.hazards import LEAST_FLOW, RESPONSES, Restrict
from qh1a.settings import PLASMA_TO_BLOOD_MAX, Limits, Rig
from qh1a.tick import ACTUATORS, STATES, UNPOWERED, Actuator, Phase, Quality, Response, State
from qh1a.units import NS_PER_S, Ns

_GOOD: Final = int(Quality.GOOD)
_MOST: Final = [row.hi for row in ACTUATORS]
_SAFE: Final = list(UNPOWERED)
_OFF, _KEEP, _LEAST = Restrict.OFF, Restrict.KEEP, Restrict.LEAST
_SELF_PUMPS: Final = State.SELF_PUMPS
_R4S: Final = Response.R4S
_NEED_FLOW: Final = [W, ACT_G_O2, ACT_G_AIR, ACT_G_CO2]
_PUMPS: Final = [BP, PP, CP, RP, HP]

SECOND_TICKS: Final = 9
"""A flow that has been low in each of the last nine ticks is low: I3, I12 and I13 obey within 1.0 s, while
the 2-s mean that rides out pump ripple takes two. Half a turn of ripple still reaches its mean."""
CLAMP_WAIT_TICKS: Final = 5
WARMER_LEAST_C: Final = 30.0
"""The warmer knows 0, off, and 30 to 40.5 C (circuit 1)."""
STILL_RPM: Final = 0.2
"""A tachometer below this says that a rotor stands; half a count of noise at 10 mL/min is ten times that."""
WARM_FLOW: Final = 10.0
"""I5, I13: flow through the warmer and the gas exchanger, mL/min."""
RECIRCULATION: Final = 3.0
"""I12: the return stays this far below perfusion, mL/min."""
HEPARIN_ALONE_S: Final = 30.0
HEPARIN_ALONE_NS: Final = 30 * NS_PER_S
"""I6: heparin may run this long without blood, counted from the command and from the tachometer."""
READY_BLOOD: Final = 100.0
TEST_FLOW: Final = 20.0
PUMP_START_NS: Final = 2 * NS_PER_S
"""How long a started blood pump may take to turn before I2 stops what depends on it."""

_BEFORE: Final = frozenset({Phase.READY, Phase.CONNECT})
_CLOSED_PHASES: Final = frozenset({Phase.DISCONNECT, Phase.ENDED})
_BLOOD_WAITS: Final = frozenset({State.CONNECT_ACCESS, State.CONNECT_VENOUS, State.READY_TEST})
_STANDING: Final = frozenset({State.SAFE, State.PAUSE_STOPPED, State.PATIENT_OFF})


def _flags(states: set[State]) -> tuple[bool, ...]:
    return tuple(state in states for state in State)


# A person's blood moves, or is about to.
_CONNECTED: Final = _flags(
    {State.RAMP, State.TREAT, State.TREAT_END, State.PAUSE_PLASMA, State.RINSE_PLASMA, State.RINSE_BLOOD}
)
_RETURNING: Final = _flags({State.RAMP, State.TREAT})
"""In RINSEBACK the balance is frozen and caps on the returned volume stand in its place (circuit 6)."""


@mypyc_attr(serializable=True)
class _Best:
    """The highest of the last `n` values given."""

    __slots__ = ("_last",)

    def __init__(self, n: int) -> None:
        self._last = [-inf] * n

    def push(self, value: float) -> None:
        """Add a value."""
        self._last.append(value)
        del self._last[0]

    @property
    def value(self) -> float:
        """The highest of what is there, minus infinity when empty."""
        return max(self._last)


@mypyc_attr(serializable=True)
class Supervisor:
    """The filter between the loops and the wire. `bits` says which interlocks bit in the last tick."""

    def __init__(self, limits: Limits, rig: Rig) -> None:
        self._t_trip = limits["t_trip_c"]
        self._balance_trip = limits["balance_trip_ml"]
        self._stroke = rig.bp_stroke_ml
        self._sent: list[float] = list(UNPOWERED)
        self._started: Ns | None = None
        self._ran: Ns | None = None
        self._held = self.bits = 0
        self._q_b = _Best(SECOND_TICKS)
        self._q_c = _Best(SECOND_TICKS)
        self._active = QUIET
        self._restrictions: tuple[tuple[Actuator, Restrict], ...] = ()

    def step(
        self,
        now: Ns,
        want: list[float],
        v: list[float],
        q: list[int],
        state: State,
        active: Active,
    ) -> tuple[float, ...]:
        """The commands that leave, in actuator order; each is `want`, lower, held, or safe."""
        out = list(want)
        self.bits = 0
        self._q_b.push(v[Q_B] if q[Q_B] == _GOOD else -inf)
        self._q_c.push(v[Q_C] if q[Q_C] == _GOOD else -inf)
        self._spans(out)
        if active.responses:
            self._respond(out, active)
        self._phase(out, state)
        self._blood(now, out, v, q, state)
        self._plasma(out, v, q, state)
        self._cells(out, v, q)
        if active.highest < _R4S:
            self._plasma_clamp(out, v, q)
        self._sent = out
        return tuple(out)

    def _bite(self, interlock: int) -> None:
        self.bits |= 1 << (interlock - 1)

    def _zero(self, out: list[float], actuator: int, interlock: int) -> None:
        if out[actuator] > 0.0:
            out[actuator] = 0.0
            self._bite(interlock)

    def _most(self, out: list[float], actuator: int, most: float, interlock: int) -> None:
        """No more than `most`, and nothing where that is less than nothing."""
        if out[actuator] > max(0.0, most):
            out[actuator] = max(0.0, most)
            self._bite(interlock)

    @staticmethod
    def _spans(out: list[float]) -> None:
        """Only values inside an actuator's span leave; anything else, NaN too, becomes its safe value."""
        if out[W] < WARMER_LEAST_C:
            out[W] = 0.0
        for a in range(AC):
            out[a] = min(max(_SAFE[a], out[a]), _MOST[a])  # NaN is not greater than what is safe
        for a in range(AC, len(out)):
            if out[a] != 0.0 and out[a] != 1.0:
                out[a] = _SAFE[a]

    def _respond(self, out: list[float], active: Active) -> None:
        if active is not self._active:
            self._active, self._restrictions = (
                active,
                tuple((a, worst) for a in Actuator if (worst := self._worst(active, a)) is not Restrict.FREE),
            )
        sent = self._sent
        for a, worst in self._restrictions:
            if worst is _OFF:
                out[a] = 0.0
            elif worst is _LEAST:
                out[a] = min(out[a], LEAST_FLOW.get(a, 0.0))
            elif worst is _KEEP:
                out[a] = sent[a]
            else:
                out[a] = min(out[a], sent[a])

    @staticmethod
    def _worst(active: Active, a: Actuator) -> Restrict:
        """The most restrictive entry for one actuator among the responses in force."""
        named = _OFF if a in active.stops else Restrict.HOLD if a in active.holds else Restrict.FREE
        return max(named, *[RESPONSES[r][a] for r in active.responses])

    def _phase(self, out: list[float], state: State) -> None:
        """I9: which pumps may turn at all in a phase."""
        phase = STATES[state].phase
        if phase is Phase.SELF_TEST:
            for a in _PUMPS:
                self._most(out, a, TEST_FLOW if state is _SELF_PUMPS and a != HP else 0.0, 9)
            self._zero(out, W, 9)
        elif phase in _CLOSED_PHASES:
            for a in (*_PUMPS, W):
                self._zero(out, a, 9)
        elif phase in _BEFORE:
            for a in (PP, RP, HP):
                self._zero(out, a, 9)
            self._most(out, BP, 0.0 if state in _BLOOD_WAITS else READY_BLOOD, 9)
        elif state in _STANDING:
            for a in (BP, PP, RP, HP):
                self._zero(out, a, 9)

    def _blood(self, now: Ns, out: list[float], v: list[float], q: list[int], state: State) -> None:
        """I1 clamp, I14 eyes and open lines, I6 heparin, I2 standing blood."""
        if out[VC] == 0.0 or q[POS_VC] != _GOOD or v[POS_VC] == 0.0:
            self._zero(out, BP, 1)
            self._zero(out, RP, 1)
        if _CONNECTED[state]:
            blind = q[AIR_V] or q[P_VEN] or q[P_ACC] or q[P_PRE]
            ways = (q[POS_AC] == _GOOD and v[POS_AC] == 1.0) or (q[POS_SC] == _GOOD and v[POS_SC] == 1.0)
            if blind or not ways or v[POS_VC] != 1.0:
                self._zero(out, BP, 14)
        if out[BP] > 0.0:
            if self._started is None:
                self._started = now
            self._ran = now
        else:
            self._started = None
        alone = self._ran is None or now - self._ran >= HEPARIN_ALONE_NS
        if alone or v[BLOOD_STOP_S] >= HEPARIN_ALONE_S:
            self._zero(out, HP, 6)
        if out[BP] == 0.0 or q[N_BP] != _GOOD or abs(v[N_BP]) < STILL_RPM:
            if self._started is not None and now - self._started < PUMP_START_NS:
                out[PP] = out[RP] = 0.0  # the blood pump is starting: plasma waits, which is no event
            else:
                self._zero(out, PP, 2)
                self._zero(out, RP, 2)

    def _plasma(self, out: list[float], v: list[float], q: list[int], state: State) -> None:
        """I3 ratio, I4 eyes of the return, I7 balance, I11 plasma clamp, I12 recirculation."""
        measured = v[Q_B_2S] if q[Q_B_2S] == _GOOD else 0.0
        turned = v[N_BP] * self._stroke if q[N_BP] == _GOOD else 0.0
        lowest = min(out[BP], measured, turned, self._q_b.value)
        self._most(out, PP, PLASMA_TO_BLOOD_MAX * lowest, 3)
        if q[BALANCE_ABS] == _GOOD and v[BALANCE_ABS] >= self._balance_trip and _RETURNING[state]:
            self._zero(out, PP, 7)
            self._zero(out, RP, 7)
        if q[AIR_V] or q[AIR_P] or q[P_VEN] or q[P_RET]:
            self._zero(out, RP, 4)
        # The self-test turns the pumps on an empty reservoir: there is no perfusion to stay below.
        if state is not _SELF_PUMPS:
            self._most(out, RP, self._perfusion(v, q) - RECIRCULATION, 12)
        if out[PC] == 0.0 or q[POS_PC] != _GOOD or v[POS_PC] != 1.0:
            self._zero(out, RP, 11)

    def _perfusion(self, v: list[float], q: list[int]) -> float:
        """Perfusion that can be relied on: the 2-s mean, or the best of the last second if that is less.

        Minus infinity when it cannot be told.
        """
        return min(v[Q_C_2S], self._q_c.value) if q[Q_C_2S] == _GOOD else -inf

    def _plasma_clamp(self, out: list[float], v: list[float], q: list[int]) -> None:
        """I11: PC closes only after RP stands, except on air and where the ladder closes everything.

        Held for half a second at the most.
        """
        turning = q[N_RP] == _GOOD and abs(v[N_RP]) >= STILL_RPM
        air = q[AIR_V] or q[AIR_P] or v[AIR_V_BUBBLE] > 0.0 or v[AIR_P_BUBBLE] > 0.0
        if out[PC] == 0.0 and self._sent[PC] == 1.0 and turning and not air and self._held < CLAMP_WAIT_TICKS:
            self._held += 1
            out[PC] = 1.0
        else:
            self._held = 0

    def _cells(self, out: list[float], v: list[float], q: list[int]) -> None:
        """I5 and I13: warmer and gas only with flow and, for the warmer, two good probes below the trip."""
        probes = q[T_W1] == q[T_W2] == _GOOD and v[T_W1] < self._t_trip and v[T_W2] < self._t_trip
        if not probes:
            self._zero(out, W, 5)
        if min(self._perfusion(v, q), out[CP]) < WARM_FLOW:
            for a in _NEED_FLOW:
                self._zero(out, a, 13)
