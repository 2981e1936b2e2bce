"""Maximum sensitivity of the slow loops on the physics itself: step the actuator, not a model of it."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from qh1a.control.gas import AIR_O2, CO2_REST, LEAST_GAIN, LEAST_RATE
from qh1a.control.loops import WARM_RATE_MOST
from qh1a.control.pid import scheduled
from qh1a.settings import PidGains
from qh1a.sim.truth import Truth
from qh1a.tick import Actuator
from tests.safety.bench import TUNING
from tests.sessions.corners import DT, Corner, settled

Values = npt.NDArray[np.float64]
Sent = tuple[float, ...]

_HELD: Final = (Actuator.W, Actuator.G_O2, Actuator.G_AIR, Actuator.G_CO2)
_OMEGA: Final = np.geomspace(3e-4, 3.0, 400)
"""rad/s. Slower, a loop with an integrator has all the gain it needs; faster, these have none left."""


class Slow(NamedTuple):
    """A slow loop: what it steps, by how much, what follows, its sensor's lag, its gains at Q_c and CO2."""

    truth: Truth
    step: float
    move: Callable[[list[float], float], None]
    sensor_s: float
    gains: Callable[[float, float], PidGains]


def _warm(sent: list[float], by: float) -> None:
    sent[Actuator.W] += by


def _oxygen(sent: list[float], by: float) -> None:
    extra = by * _gas(sent) / (1.0 - AIR_O2)
    sent[Actuator.G_O2] += extra
    sent[Actuator.G_AIR] -= extra


def _acid(sent: list[float], by: float) -> None:
    extra = by * _gas(sent)
    sent[Actuator.G_CO2] += extra
    sent[Actuator.G_AIR] -= extra


def _gas(sent: Sent | list[float]) -> float:
    return sent[Actuator.G_O2] + sent[Actuator.G_AIR] + sent[Actuator.G_CO2]


def _blend(gains: PidGains, q_c: float, share: float) -> PidGains:
    gain, rate = scheduled(q_c, LEAST_GAIN, 1.0), scheduled(q_c, LEAST_RATE, 1.0)
    return PidGains(gains.kp * gain * share, gains.ti_s / rate)


def _warmer(q_c: float, _: float) -> PidGains:
    g = TUNING.temperature
    return PidGains(g.kp * scheduled(q_c, 0.0, 1.0), g.ti_s / scheduled(q_c, 0.0, WARM_RATE_MOST))


SLOW: Final = {
    "temperature": Slow(Truth.T_BR, 0.5, _warm, 2.0, _warmer),
    "oxygen": Slow(Truth.DO_IN, 0.02, _oxygen, 20.0, lambda q, _: _blend(TUNING.oxygen, q, 1.0)),
    "pH": Slow(Truth.PH_BR, 0.005, _acid, 20.0, lambda q, co2: _blend(TUNING.ph, q, -co2 / CO2_REST)),
}
"""Sensors: configs/devices/sensors.toml; of the probe 2 s."""


def _driven(corner: Corner, seconds: float, slow: Slow | None) -> tuple[npt.NDArray[np.float64], Sent]:
    """True T, DO and pH once a second, warmer and gas held as they were, one of them stepped."""
    t = settled(corner)
    held: list[float] = []

    def bend(sent: Sent) -> Sent:
        if not held:
            held.extend(sent)
        out = list(sent)
        for a in _HELD:
            out[a] = held[a]
        if slow is not None:
            slow.move(out, slow.step)
        return tuple(out)

    t.bend = bend
    rows = []
    for n in range(round(seconds / DT)):
        t.tick()
        if not n % round(1.0 / DT):
            rows.append([float(t.plant.truth[row.truth]) for row in SLOW.values()])
    t.bend = None
    return np.array(rows), tuple(held)


def sensitivities(corner: Corner, seconds: float) -> dict[str, float]:
    """Ms of each slow loop at a corner, from the answer to a step that lasts as long as this."""
    rest, held = _driven(corner, seconds, None)
    co2 = held[Actuator.G_CO2] / _gas(held)
    found = {}
    late = np.exp(-1j * _OMEGA * DT)
    for k, (name, slow) in enumerate(SLOW.items()):
        answer = (_driven(corner, seconds, slow)[0] - rest)[:, k] / slow.step
        parts = np.diff(answer, prepend=0.0)
        process = (parts * np.exp(-1j * np.outer(_OMEGA, np.arange(len(parts))))).sum(axis=1)
        gains = slow.gains(corner.perfusion, co2)
        pi = gains.kp * (1.0 + DT / gains.ti_s * late / (1.0 - late))
        loop = pi * process * late / (1.0 + 1j * _OMEGA * slow.sensor_s)
        found[name] = float(np.abs(1.0 / (1.0 + loop)).max())
    return found
