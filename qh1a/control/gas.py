"""Oxygen tension and pH before the bioreactor, by the blend of the sweep gas (circuit 5).

The total flow is prescribed. The oxygen loop asks for a fraction of O2, the pH loop for one of CO2; air makes
up the rest. Without its sensor a loop rests: air, and 5 % of CO2.
"""

from collections.abc import Callable
from typing import Final

from mypy_extensions import mypyc_attr

from qh1a.control.index import DO_IN, PH, Q_C_2S
from qh1a.control.pid import Pid, Terms, scheduled
from qh1a.control.setpoints import SetPoints
from qh1a.settings import PidGains, Tuning
from qh1a.tick import Quality

_GOOD: Final = int(Quality.GOOD)

AIR_O2: Final = 0.2095
"""O2 in dry air, a fraction."""
DRY_MMHG: Final = 713.0
"""Of a gas saturated with water at 37 C: 760 less 47 mmHg."""
O2_MOST: Final = 0.5
"""356 mmHg: what an oxygenator with half its conductance needs at Q_c 200 for 170 mmHg."""
CO2_LEAST: Final = 0.02
"""Saline has no bicarbonate: its pH is low at any CO2. From no CO2 at all the plasma that follows would begin
with a pH of 7.9; from here the loop catches it. 9 mmol/L of bicarbonate are 7.4 here."""
CO2_MOST: Final = 0.12
CO2_REST: Final = 0.05
"""Feed-forward of the pH loop, and what is blended without a pH: about 7.4 at 24 mmol/L of bicarbonate."""
LEAST_FLOW: Final = 12.0
"""Q_c below which there is neither gas nor heat (mL/min): I13 bites at 10, a healthy loop never meets it."""
RESPONSE_S: Final = 45.0
"""Time in which a sensor answers its gas at Q_c 100: dead time 15 s, gas space 10 s, sensor 20 s."""
LEAST_GAIN: Final = 0.7
LEAST_RATE: Final = 0.3
"""Least schedule of kp and 1/Ti with Q_c; at most 1, as gas space and sensor do not speed up with Q_c."""


@mypyc_attr(serializable=True)
class Fraction:
    """A PID on one fraction of the blend.

    Its error is against a reference that moves to the set point as fast as the plasma can follow: after a
    step of the set point the feed-forward has done its work before the integrator believes it must help.
    `sign` is that of what more of the gas does to the measurement.
    """

    __slots__ = ("_pid", "_reference", "_sign")

    def __init__(self, gains: PidGains, sign: float, hi: float) -> None:
        self._pid = Pid(gains.kp, gains.ti_s, gains.td_s, 0.0, hi)
        self._sign = sign
        self._reference: float | None = None

    def put(self, make: Callable[[Pid], Pid]) -> None:
        """Let the controller that `make` makes of its own lead instead."""
        self._pid = make(self._pid)

    def terms(self) -> Terms:
        """Those of its controller."""
        return self._pid.terms()

    def step(
        self, target: float, pv: float, ff: float, lo: float, dt: float, gain: float, rate: float
    ) -> float:
        """The wanted fraction; after a rest it begins where it rested, and the reference at `pv`."""
        lag = RESPONSE_S / rate
        before = pv if self._reference is None else self._reference
        self._reference = reference = before + (target - before) * (dt / (lag + dt))
        self._pid.lo = lo
        return self._pid.step(self._sign * (reference - pv), self._sign * pv, dt, ff, gain)

    def rest(self, at: float, ff: float) -> float:
        """Stand by at a fraction."""
        self._reference = None
        self._pid.seed(at, ff)
        return at

    def observe(self, sent: float, dt: float, rate: float) -> None:
        """The fraction that really left."""
        if self._reference is not None:
            self._pid.observe(sent, dt, rate)


@mypyc_attr(serializable=True)
class GasLoops:
    """The blend of the sweep gas; one `step` and one `observe` a tick."""

    __slots__ = ("_co2", "_gas", "_last_co2", "_o2", "_rate")

    def __init__(self, gas_ml_min: float, tuning: Tuning) -> None:
        self._gas = gas_ml_min
        self._o2 = Fraction(tuning.oxygen, 1.0, O2_MOST)
        self._co2 = Fraction(tuning.ph, -1.0, CO2_MOST)  # too high a pH asks for more CO2
        self._rate = 1.0
        self._last_co2 = CO2_REST

    def put(self, loop: str, make: Callable[[Pid], Pid]) -> None:
        """As `Loops.put`."""
        {"oxygen": self._o2, "ph": self._co2}[loop].put(make)

    def terms(self) -> dict[str, Terms]:
        """As `Loops.terms`; fractions of the blend."""
        return {"oxygen": self._o2.terms(), "ph": self._co2.terms()}

    def step(
        self, dt: float, sets: SetPoints, v: list[float], q: list[int], *, on: bool
    ) -> tuple[float, float, float]:
        """Flows of O2, air and CO2 (mL/min); none without perfusion."""
        flow = v[Q_C_2S]
        ff = sets.do_in / DRY_MMHG
        if not on or q[Q_C_2S] != _GOOD or flow < LEAST_FLOW:
            self._o2.rest(ff, ff)
            self._last_co2 = self._co2.rest(CO2_REST, CO2_REST)
            return 0.0, 0.0, 0.0
        gain = scheduled(flow, LEAST_GAIN, 1.0)
        self._rate = rate = scheduled(flow, LEAST_RATE, 1.0)
        if q[PH] == _GOOD:
            # pH goes with the logarithm of CO2: a share more moves it as much at any CO2.
            share = self._last_co2 / CO2_REST
            co2 = self._co2.step(sets.ph, v[PH], CO2_REST, CO2_LEAST, dt, gain * share, rate)
        else:
            co2 = self._co2.rest(CO2_REST, CO2_REST)
        air_o2 = AIR_O2 * (1.0 - co2)
        if q[DO_IN] == _GOOD:
            o2 = self._o2.step(sets.do_in, v[DO_IN], ff, air_o2, dt, gain, rate)
        else:
            o2 = self._o2.rest(air_o2, ff)
        extra = self._gas * (o2 - air_o2) / (1.0 - AIR_O2)
        return extra, self._gas * (1.0 - co2) - extra, self._gas * co2

    def observe(self, o2: float, air: float, co2: float, dt: float) -> None:
        """The flows that really left. While none does, there is no blend to follow."""
        total = o2 + air + co2
        if total > 0.0:
            self._last_co2 = co2 / total
            self._o2.observe((o2 + AIR_O2 * air) / total, dt, self._rate)
            self._co2.observe(self._last_co2, dt, self._rate)
