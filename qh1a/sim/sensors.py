"""The sensors: truth in, readings out, for the simulator and for the emulators' analogue side.

Each fitted channel goes through the same chain (physics reference 1.6):

    truth -> cross-sensitivities -> lag (first order, exact) -> gain, offset, drift, creep -> noise
          -> saturation -> grid -> sample

`SIGNALS` says in code which truth a channel sees; every figure stands in `configs/devices/sensors.toml`. What
differs from one machine to the next (gain, offset, drift, creep) is drawn once per seed and channel, inside
the bounds of the file. Noise is counter based: a hash of seed, channel id and tick, so neither the order
of the channels nor the presence of another channel changes it, and any tick can be repeated alone.

A channel without a row is NOT_FITTED with value 0.0: nothing here is a constant that pretends to be a model.
"""

import difflib
import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
import numpy.typing as npt
from annotated_types import Interval, Len

from qh1a.channels import BY_ID, CHANNELS, N_MEASURED, Channel
from qh1a.sim.counter import normal_at, stream_key, uniform
from qh1a.sim.misreading import HONEST
from qh1a.sim.sampling import Column, Plan, Term, sample
from qh1a.sim.truth import Truth
from qh1a.tick import Quality
from qh1a.units import TICK_NS, nanoseconds, seconds

STEP_S: Final = seconds(TICK_NS)

SIGNALS: Final[Mapping[Channel, Truth]] = {
    Channel.Q_B: Truth.Q_B,
    Channel.Q_P: Truth.Q_P,
    Channel.Q_C: Truth.Q_C,
    Channel.Q_R: Truth.Q_R,
    Channel.P_ACC: Truth.P_ACC,
    Channel.P_PRE: Truth.P_PRE,
    Channel.P_VEN: Truth.P_VEN,
    Channel.P_FIL: Truth.P_FIL,
    Channel.P_BRI: Truth.P_BRI,
    Channel.P_BRO: Truth.P_BRO,
    Channel.P_F2: Truth.P_F2,
    Channel.P_F2O: Truth.P_F2O,
    Channel.P_RET: Truth.P_RET,
    Channel.T_W1: Truth.T_W1,
    Channel.T_W2: Truth.T_W2,
    Channel.T_BR: Truth.T_BR,
    Channel.T_RET: Truth.T_RET,
    Channel.T_AMB: Truth.T_AMB,
    Channel.P_GAS: Truth.P_GAS,
    Channel.DO_IN: Truth.DO_IN,
    Channel.DO_OUT: Truth.DO_OUT,
    Channel.PH: Truth.PH_BR,
    Channel.G_O2: Truth.G_O2,
    Channel.G_AIR: Truth.G_AIR,
    Channel.G_CO2: Truth.G_CO2,
    Channel.W_R: Truth.W_R,
    Channel.W_S: Truth.W_S,
    Channel.W_W: Truth.W_W,
    Channel.LVL_R: Truth.LVL_R,
    Channel.LVL_VEN: Truth.LVL_VEN,
    Channel.AIR_V: Truth.AIR_V_ML,
    Channel.AIR_P: Truth.AIR_P_ML,
    Channel.BLD: Truth.BLD,
    Channel.OPT_V: Truth.OPT_V,
    Channel.TRAY: Truth.TRAY,
    Channel.N_BP: Truth.N_BP,
    Channel.N_PP: Truth.N_PP,
    Channel.N_CP: Truth.N_CP,
    Channel.N_RP: Truth.N_RP,
    Channel.V_HEP: Truth.V_HEP_ML,
    Channel.HP_FORCE: Truth.HP_FORCE,
    Channel.UPS_MIN: Truth.UPS_MIN,
    Channel.POS_AC: Truth.POS_AC,
    Channel.POS_VC: Truth.POS_VC,
    Channel.POS_PC: Truth.POS_PC,
    Channel.POS_SC: Truth.POS_SC,
    Channel.POS_SR: Truth.POS_SR,
    Channel.POS_WC: Truth.POS_WC,
    Channel.POS_RC: Truth.POS_RC,
    Channel.POS_BV: Truth.POS_BV,
    # The protective node's own eyes look at the same fluid through other sensors.
    Channel.P_VEN_N: Truth.P_VEN,
    Channel.T_W_N: Truth.T_W1,
}
"""What each fitted channel looks at."""

ZEROED: Final = frozenset(c for c in SIGNALS if CHANNELS[c].unit == "mmHg")
"""The pressures: their offset is taken away when the transducers are zeroed, up to a residual."""


MOST_TERMS: Final = 3
"""Cross-sensitivities of one sensor, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossTerm:
    """Something else that a sensor sees: the truth `signal`, counted from `reference` in that signal's unit.

    For a truth x the sensor takes x (1 + gain (z - reference)) + add (z - reference): `gain` is a fraction
    and `add` is in the channel's unit, both per unit of the signal z. The terms of one sensor add up.
    """

    signal: Annotated[str, Len(1, 40)]
    reference: Annotated[float, Interval(ge=-1e3, le=1e6)]
    gain: Annotated[float, Interval(ge=-1.0, le=1.0)] = 0.0
    add: Annotated[float, Interval(ge=-100.0, le=100.0)] = 0.0

    @property
    def refusal(self) -> str:
        """What is wrong with it, "" when nothing: the key, its value and what is allowed."""
        if self.signal not in Truth.__members__:
            near = difflib.get_close_matches(self.signal, Truth.__members__, n=1, cutoff=0.5)
            allowed = f"nearest is {near[0]}" if near else f"known are {', '.join(Truth.__members__)}"
            return f'.signal = "{self.signal}": unknown truth signal, {allowed}'
        return "" if self.gain or self.add else ": allowed a gain or an add other than 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorFigures:
    """What a sensor does to the truth. Units are those of the channel unless the name says otherwise.

    `gain_error` (a fraction), `offset`, `drift_per_h` and `creep` are bounds: each sensor draws its own value
    inside +/- the bound, once per seed. Noise adds in quadrature: sd^2 = noise^2 + (noise_rel * truth)^2.
    """

    source: Annotated[str, Len(1, 400)]
    period_s: Annotated[float, Interval(ge=STEP_S, le=60.0)] = STEP_S
    """Time between two samples: a whole number of steps."""
    tau_s: Annotated[float, Interval(ge=0.0, le=600.0)] = 0.0
    noise: Annotated[float, Interval(ge=0.0, le=100.0)] = 0.0
    noise_rel: Annotated[float, Interval(ge=0.0, le=0.2)] = 0.0
    gain_error: Annotated[float, Interval(ge=0.0, le=0.2)] = 0.0
    offset: Annotated[float, Interval(ge=0.0, le=100.0)] = 0.0
    offset_zeroed: Annotated[float, Interval(ge=0.0, le=100.0)] = 0.0
    """What zeroing leaves of `offset`; pressures only."""
    drift_per_h: Annotated[float, Interval(ge=0.0, le=100.0)] = 0.0
    creep: Annotated[float, Interval(ge=0.0, le=100.0)] = 0.0
    creep_tau_s: Annotated[float, Interval(ge=STEP_S, le=86400.0)] = 1800.0
    cross: tuple[CrossTerm, ...] = ()
    """What else it sees, at most `MOST_TERMS`."""


@dataclass(frozen=True, slots=True)
class SensorRow:
    """One fitted sensor: its channel, the truth it sees, its figures."""

    channel: Channel
    truth: Truth
    figures: SensorFigures


@dataclass(frozen=True, slots=True)
class SensorFile:
    """What `configs/devices/sensors.toml` holds: the figures of every fitted channel, by its id."""

    sensor: Mapping[str, SensorFigures]

    def __post_init__(self) -> None:
        fitted = {CHANNELS[c].id for c in SIGNALS}
        for id_ in sorted(self.sensor.keys() ^ fitted):
            reason = "fitted, but has no figures" if id_ in fitted else "no sensor sees this channel"
            msg = f"sensor.{id_}: {reason}"
            raise ValueError(msg)
        for id_, figures in self.sensor.items():
            steps = figures.period_s / STEP_S
            if abs(steps - round(steps)) > 1e-6:
                msg = f"sensor.{id_}.period_s = {figures.period_s:g}: allowed whole steps of {STEP_S:g} s"
                raise ValueError(msg)
            if figures.offset_zeroed and BY_ID[id_] not in ZEROED:
                msg = f"sensor.{id_}.offset_zeroed = {figures.offset_zeroed:g}: only pressures are zeroed"
                raise ValueError(msg)
            if len(figures.cross) > MOST_TERMS:
                msg = f"sensor.{id_}.cross: {len(figures.cross)} terms, allowed up to {MOST_TERMS}"
                raise ValueError(msg)
            for k, term in enumerate(figures.cross):
                if term.refusal:
                    msg = f"sensor.{id_}.cross[{k}]{term.refusal}"
                    raise ValueError(msg)


def sensor_rows(file: SensorFile) -> tuple[SensorRow, ...]:
    """The sensors of the machine: what each sees (`SIGNALS`) with its figures."""
    return tuple(SensorRow(c, truth, file.sensor[CHANNELS[c].id]) for c, truth in SIGNALS.items())


_STATE: Final = struct.Struct("<8sQI")
_MAGIC: Final = b"qh1asen1"


class SensorBank:
    """All sensors of a machine.

    After `step` the arrays `value`, `at` (ns) and `quality` hold one entry per measured channel, in channel
    order. Every value is on its channel's grid, `value == counts * lsb` exactly. A channel without a row
    stays NOT_FITTED at 0.0; its `at` is that of the last step, as is that of every channel not in `slow`. The
    arrays are the bank's own and stay the same objects: read them, do not write them.
    """

    def __init__(self, rows: Sequence[SensorRow], seed: int) -> None:
        self._seed = seed & 0xFFFF_FFFF_FFFF_FFFF
        self._rows = tuple(rows)
        self.value: npt.NDArray[np.float64] = np.zeros(N_MEASURED)
        self.at: npt.NDArray[np.int64] = np.zeros(N_MEASURED, dtype=np.int64)
        self.quality: npt.NDArray[np.int64] = np.full(N_MEASURED, Quality.NOT_FITTED, dtype=np.int64)
        self._index = {int(r.channel): i for i, r in enumerate(self._rows)}
        self.slow = tuple(int(r.channel) for r in self._rows if r.figures.period_s > STEP_S)
        self._table: npt.NDArray[np.float64] = np.zeros((len(self._rows), len(Column)))
        self._plan: npt.NDArray[np.int64] = np.zeros((len(self._rows), len(Plan)), dtype=np.int64)
        terms = [term for row in self._rows for term in row.figures.cross]
        self._terms: npt.NDArray[np.float64] = np.array(
            [(Truth[t.signal], t.reference, t.gain, t.add) for t in terms]
        ).reshape(len(terms), len(Term))
        end = 0
        for i, row in enumerate(self._rows):
            begin, end = end, end + len(row.figures.cross)
            self._plan[i, Plan.CROSS], self._plan[i, Plan.CROSS_END] = begin, end
            self._fill(i, row)
        self._fingerprint = zlib.crc32(self._plan.tobytes() + self._terms.tobytes())

    def _fill(self, i: int, row: SensorRow) -> None:
        channel, figures = CHANNELS[row.channel], row.figures
        key = stream_key(self._seed, channel.id)
        lo, hi = math.ceil(channel.lo / channel.lsb), math.floor(channel.hi / channel.lsb)
        # A product of counts and lsb may round past the end of the range by one unit in the last place.
        lo += lo * channel.lsb < channel.lo
        hi -= hi * channel.lsb > channel.hi
        column = self._table[i]
        column[Column.LAG] = -math.expm1(-STEP_S / figures.tau_s) if figures.tau_s > 0.0 else 1.0
        column[Column.GAIN] = 1.0 + figures.gain_error * uniform(key, "gain")
        column[Column.OFFSET] = figures.offset * uniform(key, "offset")
        column[Column.DRIFT] = figures.drift_per_h * uniform(key, "drift") * STEP_S / 3600.0
        column[Column.CREEP_END] = figures.creep * uniform(key, "creep")
        column[Column.CREEP_LAG] = -math.expm1(-STEP_S / figures.creep_tau_s)
        column[Column.NOISE] = figures.noise
        column[Column.NOISE_REL] = figures.noise_rel
        column[Column.LAGGED] = math.nan
        column[Column.LO], column[Column.HI], column[Column.LSB] = lo, hi, channel.lsb
        every = round(figures.period_s / STEP_S)
        plan = self._plan[i]
        plan[Plan.CHANNEL], plan[Plan.TRUTH] = row.channel, row.truth
        # Slow sensors do not all sample in the same step: the phase comes from the key, like the noise.
        plan[Plan.EVERY], plan[Plan.PHASE] = every, key % every
        plan[Plan.KEY] = key - (1 << 64) if key >> 63 else key
        plan[Plan.EXACT_ENDS] = channel.unit == "open"

    def step(
        self,
        truth: npt.NDArray[np.float64],
        tick: int,
        at: int,
        wrong: npt.NDArray[np.float64] | None = None,
    ) -> None:
        """Let 0.1 s pass at the sensors: take the samples that are due in step `tick`, stamped `at` (ns).

        The first step of a bank samples every sensor, settled on the truth it sees. `wrong`: a row of
        `Misreading` for each channel, or None when all are honest.
        """
        before = None if wrong is None else (self.value.copy(), self.at.copy())
        sample(truth, self._table, self._plan, self._terms, self.value, self.at, self.quality, tick, at)
        if wrong is not None and before is not None:
            for channel in np.flatnonzero((wrong != HONEST).any(axis=1)).tolist():
                self._misread(channel, wrong[channel].tolist(), before, tick, at)

    def _misread(
        self,
        channel: int,
        wrong: Sequence[float],
        before: tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]],
        tick: int,
        at: int,
    ) -> None:
        """Spoil the sample just taken; a reading that is not due was spoilt when it was taken."""
        gain, offset, noise, frozen, stale, ahead = wrong
        fresh = self.at[channel] == at
        if fresh:
            self.at[channel] += nanoseconds(ahead)
        if stale > 0.5:
            self.at[channel] = before[1][channel]
        if stale > 0.5 or frozen > 0.5:
            self.value[channel] = before[0][channel]
        elif fresh and self.quality[channel] == Quality.GOOD:
            column = self._table[self._index[channel]]
            lo, hi, lsb = column[Column.LO], column[Column.HI], column[Column.LSB]
            key = stream_key(self._seed, f"{CHANNELS[channel].id} misread")
            counts = (self.value[channel] * gain + offset) / lsb
            counts += noise * normal_at(key - (1 << 64) if key >> 63 else key, tick)
            self.value[channel] = (min(max(np.rint(counts), lo), hi) + 0.0) * lsb

    def put(self, channel: Channel, value: float) -> None:
        """What a channel without a sensor of its own shows from now on."""
        self.value[channel] = value

    def zero(self) -> None:
        """Zero the pressure transducers: of their offset only a residual stays."""
        for i, row in enumerate(self._rows):
            if row.channel in ZEROED:
                key = stream_key(self._seed, CHANNELS[row.channel].id)
                self._table[i, Column.OFFSET] = row.figures.offset_zeroed * uniform(key, "zeroed")

    def snapshot(self) -> bytes:
        """Everything that `restore` needs to go on bit-identically."""
        head = _STATE.pack(_MAGIC, self._seed, self._fingerprint)
        return b"".join((head, *(a.tobytes() for a in (self._table, self.value, self.at, self.quality))))

    def restore(self, state: bytes) -> None:
        """Go on from `snapshot`; raises `ValueError` for the state of other sensors or another seed."""
        arrays = (self._table, self.value, self.at, self.quality)
        if len(state) != _STATE.size + sum(a.nbytes for a in arrays):
            msg = f"sensor state of {len(state)} bytes does not fit these sensors"
            raise ValueError(msg)
        if _STATE.unpack_from(state) != (_MAGIC, self._seed, self._fingerprint):
            msg = "sensor state belongs to other sensors or another seed"
            raise ValueError(msg)
        offset = _STATE.size
        for array in arrays:
            array[...] = np.frombuffer(state, array.dtype, array.size, offset).reshape(array.shape)
            offset += array.nbytes
