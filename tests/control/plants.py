"""Small plants around the loops alone: gas to sensor, and roller pumps whose flow swings."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from qh1a.channels import Channel
from qh1a.control.gas import AIR_O2, DRY_MMHG, GasLoops
from qh1a.control.loops import Loops, Situation
from qh1a.control.setpoints import SetPoints
from qh1a.control.windows import MEAN_2S, Mean
from qh1a.tick import UNPOWERED, Actuator, State
from tests.safety.bench import LIMITS, P4H, QUIET, TUNING, qualities, readings

C, A = Channel, Actuator
DT: Final = 0.1
F: Final = P4H.flows
SETS: Final = SetPoints(
    F.blood_ml_min, F.plasma_ml_min, F.perfusion_ml_min, F.temperature_c, F.do_in_mmhg, F.ph
)
W: Final = np.logspace(-4.5, 1.45, 8000)
"""rad/s, up to the Nyquist frequency of a tick."""
Response = npt.NDArray[np.complex128]


# -- frequency responses ------------------------------


def lag(time_s: float) -> Response:
    """A first order."""
    return np.asarray(1.0 / (1.0 + 1j * W * time_s), dtype=np.complex128)


def delay(time_s: float) -> Response:
    """A dead time."""
    return np.asarray(np.exp(-1j * W * time_s), dtype=np.complex128)


def mean_of(n: int) -> Response:
    """The mean of the last n ticks."""
    return np.asarray(np.mean([delay(k * DT) for k in range(n)], axis=0), dtype=np.complex128)


def pi(kp: float, ti_s: float) -> Response:
    """The PID without its D, sampled: the bias takes its share of an output, the next tick uses it."""
    z = np.exp(1j * W * DT)
    return np.asarray(kp * (1.0 + DT / ti_s / (z - 1.0)), dtype=np.complex128)


def sensitivity(loop: Response) -> float:
    """Ms: how much the loop amplifies a disturbance at worst; 1/Ms is its distance from -1."""
    return float(np.abs(1.0 / (1.0 + loop)).max())


# -- gas ------------------------------


@dataclass(frozen=True, slots=True)
class Gas:
    """Gas to sensor: dead time (bundle and inlet at Q_c 100), gas space, hydration, sensor, recirculation.

    The oxygenator moves the plasma by `direct` of the way to the gas; what recirculates comes back to it
    through the reservoir after `slow_s`.
    """

    dead_s: float = 15.0
    space_s: float = 10.0
    hydration_s: float = 7.0
    sensor_s: float = 20.0
    direct: float = 0.9
    back: float = 0.7
    slow_s: float = 1100.0
    bicarbonate: float = 24.0

    def path(self, flow: float, *, hydrated: bool) -> Response:
        """From a fraction to its sensor, static gain `direct` before and the recirculation's share after."""
        slow = lag(self.slow_s)
        recycled = self.direct / (1.0 - (1.0 - self.direct) * self.back * slow)
        fast = lag(self.space_s) * lag(self.sensor_s) * delay(self.dead_s * 100.0 / flow + DT)
        return recycled * fast * (lag(self.hydration_s) if hydrated else 1.0)


class GasBench:
    """Gas loops on such a plant; the pH is that of the bicarbonate and the CO2, not linear."""

    def __init__(self, gas: Gas, flow: float = 100.0, venous: tuple[float, float] = (60.0, 45.0)) -> None:
        self.loops = GasLoops(F.gas_ml_min, TUNING)
        self.gas = gas
        self.sets = SETS
        self.v = readings({C.Q_C_2S: flow})
        self.q = qualities()
        self.on = True
        self.forced: tuple[float, float, float] | None = None
        self.sent = (0.0, 95.0, 5.0)
        self.bicarbonate: Callable[[float], float] = lambda _: gas.bicarbonate
        self.t = 0.0
        self._venous = venous
        self._space = [AIR_O2 * 0.95 * DRY_MMHG, 0.05 * DRY_MMHG]
        self._back = list(venous)
        start = [self._mixed(k) for k in (0, 1)]
        ticks = round(gas.dead_s * 100.0 / flow / DT)
        self._line = [deque([x] * ticks) for x in start]
        self._hydrated = start[1]
        self._seen = [start[0], self._ph(start[1])]

    def _mixed(self, k: int) -> float:
        g = self.gas
        return g.direct * self._space[k] + (1.0 - g.direct) * self._back[k]

    def _ph(self, co2: float) -> float:
        return 6.1 + math.log10(self.bicarbonate(self.t) / (0.0307 * co2))

    def tick(self) -> "GasBench":
        g, (o2, air, co2) = self.gas, self.sent
        total = o2 + air + co2
        if total > 0.0:
            for k, x in enumerate(((o2 + AIR_O2 * air) / total, co2 / total)):
                self._space[k] += (x * DRY_MMHG - self._space[k]) * DT / g.space_s
        out = []
        for k in (0, 1):
            self._line[k].append(self._mixed(k))
            out.append(self._line[k].popleft())
            self._back[k] += (
                (g.back * out[k] + (1.0 - g.back) * self._venous[k] - self._back[k]) * DT / g.slow_s
            )
        self._hydrated += (out[1] - self._hydrated) * DT / g.hydration_s
        for k, x in enumerate((out[0], self._ph(self._hydrated))):
            self._seen[k] += (x - self._seen[k]) * DT / g.sensor_s
        self.v[C.DO_IN] = round(self._seen[0], 1)
        self.v[C.PH] = round(self._seen[1], 3)
        wanted = self.loops.step(DT, self.sets, self.v, self.q, on=self.on)
        self.sent = wanted if self.forced is None else self.forced
        self.loops.observe(*self.sent, DT)
        self.t += DT
        return self

    def minutes(self, m: float) -> list[tuple[float, float]]:
        """DO_in and pH, tick by tick."""
        seen = []
        for _ in range(round(m * 600)):
            self.tick()
            seen.append((self._seen[0], self._seen[1]))
        return seen

    @property
    def x_o2(self) -> float:
        return (self.sent[0] + AIR_O2 * self.sent[1]) / sum(self.sent)

    @property
    def x_co2(self) -> float:
        return self.sent[2] / sum(self.sent)


# -- roller pumps ------------------------------


@dataclass(frozen=True, slots=True)
class Roller:
    """A roller pump: its own lag, its meter's, its ripple, and how far off its stroke is."""

    flow: Channel
    mean: Channel
    speed: Channel
    stroke: float
    rollers: int
    ripple: float


ROLLERS: Final = {
    A.BP: Roller(C.Q_B, C.Q_B_2S, C.N_BP, 10.4, 2, 0.20),
    A.PP: Roller(C.Q_P, C.Q_P_2S, C.N_PP, 5.2, 3, 0.15),
    A.CP: Roller(C.Q_C, C.Q_C_2S, C.N_CP, 5.2, 3, 0.15),
    A.RP: Roller(C.Q_R, C.Q_R_2S, C.N_RP, 5.2, 3, 0.15),
}
MOTOR_S: Final = 0.15
METER_S: Final = 0.1
CLAMPS: Final = ((A.AC, C.POS_AC), (A.VC, C.POS_VC), (A.PC, C.POS_PC), (A.SC, C.POS_SC))
Law = Callable[["Rollers"], None]


class Rollers:
    """All loops on four roller pumps. `true` is the mean flow of each, without its ripple."""

    def __init__(self, sets: SetPoints = SETS, ripple: float = 1.0) -> None:
        self.loops = Loops(P4H, LIMITS, TUNING)
        self.v = readings(
            dict.fromkeys((c for r in ROLLERS.values() for c in (r.flow, r.mean, r.speed)), 0.0)
        )
        self.q = qualities()
        self.sets = sets
        self.state = State.TREAT
        self.active = QUIET
        self.ripple = ripple
        self.stroke = dict.fromkeys(ROLLERS, 1.0)
        self.true = dict.fromkeys(ROLLERS, 0.0)
        self.now = dict.fromkeys(ROLLERS, 0.0)
        self.sent: list[float] = list(UNPOWERED)
        self.laws: list[Law] = []
        self._turned = {a: 0.1 * k for k, a in enumerate(ROLLERS)}
        self._means = {a: Mean(MEAN_2S) for a in ROLLERS}

    def tick(self) -> "Rollers":
        for clamp, position in CLAMPS:
            self.v[position] = self.sent[clamp]
        for a, r in ROLLERS.items():
            self.true[a] += (self.sent[a] * self.stroke[a] - self.true[a]) * DT / (MOTOR_S + DT)
            speed = self.true[a] / self.stroke[a] / r.stroke
            self._turned[a] += speed * DT / 60.0
            swing = self.ripple * r.ripple * math.sin(2.0 * math.pi * r.rollers * self._turned[a])
            self.now[a] = self.true[a] * (1.0 + swing)
            self.v[r.flow] += (self.now[a] - self.v[r.flow]) * DT / METER_S
            self.v[r.speed] = speed
            self.v[r.mean] = self._means[a].push(self.v[r.flow])
        for law in self.laws:
            law(self)
        now = Situation(DT, self.state, 0.0, self.sets, self.active, trim_frozen=False)
        self.sent = self.loops.step(now, self.v, self.q)
        self.loops.observe(self.sent, DT)
        return self

    def seconds(self, s: float) -> "Rollers":
        for _ in range(round(s / DT)):
            self.tick()
        return self

    def sends(self, a: Actuator, s: float) -> list[float]:
        return [self.tick().sent[a] for _ in range(round(s / DT))]
