"""A bench for the pieces of the core: a healthy treatment's readings, and a hand on each of them."""

from collections.abc import Mapping, Sequence

from qh1a.channels import N_MEASURED, Channel
from qh1a.config import load_limits, load_prescription, load_rig, load_tuning, resolve
from qh1a.control.alarms import Active
from qh1a.control.estimators import QUALITY_TEMPLATE, Before, Estimators
from qh1a.control.supervisor import Supervisor
from qh1a.hazards import RESPONSES
from qh1a.tick import UNPOWERED, Actuator, Frame, Outcome, Quality, Response, SessionView, State
from qh1a.units import NS_PER_S, TICK_NS, Ns

LIMITS = load_limits(resolve("default.toml", "limits"))
RIG = load_rig(resolve("sim.toml", "rigs"))
TUNING = load_tuning(resolve("default.toml", "tuning"))
P4H = load_prescription(resolve("4h.toml", "prescriptions"))

C, A, S = Channel, Actuator, State
GOOD = int(Quality.GOOD)
START = Ns(1_000 * NS_PER_S)

HEALTHY: Mapping[Channel, float] = {
    C.Q_B: 130.0, C.Q_P: 30.0, C.Q_C: 100.0, C.Q_R: 30.0,
    C.P_ACC: -60.0, C.P_PRE: 75.0, C.P_VEN: 60.0, C.P_FIL: 50.0, C.P_BRI: 70.0, C.P_BRO: 59.0,
    C.P_F2: 55.0, C.P_F2O: 44.5, C.P_RET: 70.0,
    C.T_W1: 37.4, C.T_W2: 37.4, C.T_BR: 37.0, C.T_RET: 35.0, C.T_AMB: 23.0,
    C.P_GAS: 2.0, C.DO_IN: 150.0, C.DO_OUT: 100.0, C.PH: 7.4, C.HP_FORCE: 10.0, C.UPS_MIN: 60.0,
    C.W_R: 150.0, C.W_S: 3000.0, C.W_W: 400.0, C.LVL_R: 146.5, C.LVL_VEN: 60.0, C.OPT_V: 1.0,
    C.N_BP: 12.5, C.N_PP: 5.8, C.N_CP: 19.3, C.N_RP: 5.8, C.V_HEP: 6.0,
    C.POS_AC: 1.0, C.POS_VC: 1.0, C.POS_PC: 1.0, C.POS_RC: 1.0, C.POS_BV: 1.0,
    # What estimators make of it.
    C.TMP: 17.5, C.TMP_RUN: 17.5, C.DP_BR: 11.0, C.DP_BR_OVER: -15.0, C.DP_F2: 10.5, C.P_VEN_EXP: 60.0,
    C.P_GAS_OVER: -68.0, C.HEP_PAST_CAP: -11.0,
    C.P_VEN_RUN: 60.0, C.P_VEN_FAST: 60.0, C.P_ACC_FAST: -60.0, C.T_RET_RUN: 35.0,
    C.Q_B_2S: 130.0, C.Q_P_2S: 30.0, C.Q_C_2S: 100.0, C.Q_R_2S: 30.0,
    C.Q_B_10S: 130.0, C.Q_P_10S: 30.0, C.Q_C_10S: 100.0, C.Q_R_10S: 30.0,
    C.QP_QB: 0.23, C.PLASMA_SHARE: 0.37, C.T_W_MAX: 37.4, C.W_SP: 150.0, C.TO_NOMINAL: -7200.0,
}  # fmt: skip
"""The operating point of the circuit description; channels not named are 0."""

TREATING: Mapping[Actuator, float] = {
    A.BP: 130.0, A.PP: 30.0, A.CP: 100.0, A.RP: 30.0, A.HP: 2.0, A.W: 37.4, A.G_O2: 10.0, A.G_AIR: 90.0,
    A.G_CO2: 5.0, A.AC: 1.0, A.VC: 1.0, A.PC: 1.0, A.RC: 1.0, A.BV: 1.0,
}  # fmt: skip
"""Commands of a treatment; actuators not named are 0 or closed."""


def readings(changes: Mapping[Channel, float] | None = None) -> list[float]:
    """Values of every channel in a healthy treatment, but for the changes."""
    values = {**HEALTHY, **(changes or {})}
    return [values.get(c, 0.0) for c in C]


def qualities(*lost: Channel, quality: Quality = Quality.STALE) -> list[int]:
    """GOOD everywhere, but for the lost channels."""
    return [int(quality) if c in lost else GOOD for c in C]


def commands(changes: Mapping[Actuator, float] | None = None) -> list[float]:
    """Commands of a treatment, but for the changes."""
    values = {**TREATING, **(changes or {})}
    return [values.get(a, 0.0) for a in A]


def active(*responses: Response, holds: Sequence[Actuator] = (), stops: Sequence[Actuator] = ()) -> Active:
    """Responses in force, as the alarms hand them on."""
    highest = max(responses, default=Response.NONE)
    return Active(tuple(sorted(responses)), tuple(holds), highest, tuple(stops))


QUIET = active()
SETS_OF_RESPONSES = tuple(r for r in RESPONSES if r is not Response.NONE)


def running_supervisor(state: State = S.TREAT) -> tuple[Supervisor, Ns]:
    """A supervisor that has let a treatment through for 10 s, and the time after it."""
    supervisor = Supervisor(LIMITS, RIG)
    now = START
    for _ in range(100):
        sent = supervisor.step(now, commands(), readings(), qualities(), state, QUIET)
        now = Ns(now + TICK_NS)
    assert sent == tuple(commands())
    assert supervisor.bits == 0
    return supervisor, now


def bits(*interlocks: int) -> int:
    """The bits of these interlocks."""
    return sum(1 << (i - 1) for i in interlocks)


class Bench:
    """Estimators with their readings; time moves in ticks. Values stay until they are changed."""

    def __init__(self, state: State = S.TREAT, changes: Mapping[Channel, float] | None = None) -> None:
        self.estimators = Estimators(P4H, LIMITS, RIG)
        self.v = [*readings(changes)[:N_MEASURED], *[0.0] * (len(C) - N_MEASURED)]
        self.q = [*[GOOD] * N_MEASURED, *QUALITY_TEMPLATE]
        self.sent: list[float] = commands()
        self.state = state
        self.highest = Response.NONE
        self.r4s = False
        self.samples_ml = 0.0
        self.effective_ns = 0
        self.now = START

    def __getitem__(self, channel: Channel) -> float:
        assert self.q[channel] == GOOD, f"{channel.name} is {Quality(self.q[channel]).name}"
        return self.v[channel]

    def __setitem__(self, channel: Channel, value: float) -> None:
        self.v[channel] = value

    def quality(self, channel: Channel) -> Quality:
        return Quality(self.q[channel])

    def lose(self, *channels: Channel, quality: Quality = Quality.STALE) -> None:
        for c in channels:
            self.q[c] = int(quality)

    def find(self, *channels: Channel) -> None:
        self.lose(*channels, quality=Quality.GOOD)

    def command(self, **values: float) -> None:
        for name, value in values.items():
            self.sent[A[name]] = value

    def unpower(self) -> None:
        self.sent = list(UNPOWERED)

    def run(self, ticks: int = 1, tick_ns: int = TICK_NS) -> "Bench":
        for _ in range(ticks):
            self.now = Ns(self.now + tick_ns)
            view = SessionView(self.state, S.TREAT, True, 0, Outcome.OPEN, 0, self.effective_ns, 0, 0, 0.0)
            before = Before(tuple(self.sent), self.highest, self.r4s, 0)
            frame = Frame(self.now, (), (), ())
            self.estimators.step(frame, tick_ns, self.v, self.q, view, before, self.samples_ml)
        return self

    def seconds(self, s: float) -> "Bench":
        return self.run(round(s * 10))
