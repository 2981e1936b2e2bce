"""Whether readings that look healthy can be true: jumps, flat lines, two eyes that disagree (safety H31).

`validate` judges one sample; this judges a channel over time and against another. It only ever takes GOOD
away, so what follows is that of any lost signal: the loss of the functions that need it.
"""

from typing import Final, NamedTuple

from mypy_extensions import mypyc_attr

from qh1a.channels import CHANNELS, Channel
from qh1a.settings import Limits
from qh1a.tick import Frame, Quality
from qh1a.units import NS_PER_S, nanoseconds

_C = Channel
_GOOD: Final = int(Quality.GOOD)
HOLD_NS: Final = 3 * NS_PER_S
"""A doubt must last this long to count (two eyes), and lasts this long (a jump): safety H31, 3 s."""
TURNING_RPM: Final = 0.5
"""A pump that turns this fast makes ripple."""

JUMPS: Final = (
    (_C.T_W1, 10.0), (_C.T_W2, 10.0), (_C.T_BR, 10.0), (_C.T_RET, 10.0), (_C.T_W_N, 10.0),
    (_C.DO_IN, 300.0), (_C.DO_OUT, 300.0), (_C.PH, 2.0),
)  # fmt: skip
"""Fastest true change per s. Probes lag by seconds: even a front of plasma 15 K colder passes at 7 K/s.
Electrodes lag by 20 s. What moves as fast as a valve or a hand (pressures, flows, scales) has no row."""

MOVED_BY: Final = (
    (_C.P_ACC, _C.N_BP), (_C.P_PRE, _C.N_BP), (_C.P_VEN, _C.N_BP), (_C.P_VEN_N, _C.N_BP), (_C.Q_B, _C.N_BP),
    (_C.P_FIL, _C.N_PP), (_C.Q_P, _C.N_PP),
    (_C.P_BRI, _C.N_CP), (_C.P_BRO, _C.N_CP), (_C.P_F2, _C.N_CP), (_C.Q_C, _C.N_CP),
    (_C.P_F2O, _C.N_RP), (_C.P_RET, _C.N_RP), (_C.Q_R, _C.N_RP),
)  # fmt: skip
"""Channels that cannot stand still while the rollers of a pump turn: by its tachometer."""


class Pair(NamedTuple):
    """Two eyes on one thing, and the limit of their difference."""

    a: Channel
    b: Channel
    limit: str


PAIRS: Final = (
    Pair(_C.P_VEN, _C.P_VEN_N, "pair_p_ven_mmhg"),
    Pair(_C.T_W1, _C.T_W_N, "pair_t_w_c"),
    Pair(_C.T_W1, _C.T_W2, "pair_t_w_c"),
)
"""The protective node's own eyes, and the warmer's two probes."""


@mypyc_attr(serializable=True)
class _Jump:
    """The last sample of one channel."""

    __slots__ = ("at", "channel", "grid", "per_ns", "until", "value")

    def __init__(self, channel: Channel, per_s: float) -> None:
        self.channel = int(channel)
        self.per_ns = per_s / NS_PER_S
        self.grid = CHANNELS[channel].lsb / 2.0
        self.value = 0.0
        self.at = -1
        self.until = -1


@mypyc_attr(serializable=True)
class _Flat:
    """Since when one channel has shown the same value while its pump turned."""

    __slots__ = ("channel", "since", "tach", "value")

    def __init__(self, channel: Channel, tach: Channel) -> None:
        self.channel, self.tach = int(channel), int(tach)
        self.value = 0.0
        self.since = -1


@mypyc_attr(serializable=True)
class _Pair:
    """Since when two eyes have disagreed."""

    __slots__ = ("a", "b", "most", "since")

    def __init__(self, pair: Pair, limits: Limits) -> None:
        self.a, self.b = int(pair.a), int(pair.b)
        self.most = limits[pair.limit] + CHANNELS[pair.a].lsb / 2.0  # the limit itself agrees
        self.since = -1


@mypyc_attr(serializable=True)
class Plausibility:
    """Remembers what it must of every channel that can be doubted."""

    def __init__(self, limits: Limits) -> None:
        self._flat_ns = nanoseconds(limits["flat_s"])
        self._jumps = [_Jump(channel, per_s) for channel, per_s in JUMPS]
        self._flats = [_Flat(channel, tach) for channel, tach in MOVED_BY]
        self._pairs = [_Pair(pair, limits) for pair in PAIRS]

    def step(self, frame: Frame, q: list[int]) -> None:
        """Take GOOD from the channels of `q` that cannot be true; others stay as they are."""
        now, v, at = frame.now, frame.value, frame.at
        self._disagreeing(now, v, q)
        self._standing(now, v, q)
        self._jumping(now, v, at, q)

    def _disagreeing(self, now: int, v: tuple[float, ...], q: list[int]) -> None:
        found = False
        for pair in self._pairs:
            if q[pair.a] == _GOOD and q[pair.b] == _GOOD and abs(v[pair.a] - v[pair.b]) > pair.most:
                if pair.since < 0:
                    pair.since = now
                found = found or now - pair.since >= HOLD_NS
            else:
                pair.since = -1
        if found:  # after all pairs: a probe in two of them must not hide from the second
            for pair in self._pairs:
                if pair.since >= 0 and now - pair.since >= HOLD_NS:
                    q[pair.a] = q[pair.b] = int(Quality.DISAGREES)

    def _standing(self, now: int, v: tuple[float, ...], q: list[int]) -> None:
        for flat in self._flats:
            c = flat.channel
            if v[c] != flat.value or -TURNING_RPM < v[flat.tach] < TURNING_RPM or q[flat.tach] != _GOOD:
                flat.value = v[c]
                flat.since = now
            elif flat.since >= 0 and now - flat.since >= self._flat_ns and q[c] == _GOOD:
                q[c] = int(Quality.FLAT)

    def _jumping(self, now: int, v: tuple[float, ...], at: tuple[int, ...], q: list[int]) -> None:
        for jump in self._jumps:
            c = jump.channel
            if q[c] == _GOOD and at[c] != jump.at:
                if jump.at >= 0 and abs(v[c] - jump.value) > jump.per_ns * (at[c] - jump.at) + jump.grid:
                    jump.until = now + HOLD_NS
                jump.value, jump.at = v[c], at[c]
            if now < jump.until and q[c] == _GOOD:
                q[c] = int(Quality.JUMPED)
