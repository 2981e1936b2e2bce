"""The modelled protective node: what stands between the host's commands and the actuators.

It knows no therapy. It lets the last commands through while their lease lasts, and trips when the lease has
run out or one of its own rules says so, by its own eyes and its own copy of the limits: every actuator goes
to `UNPOWERED`, which also opens the warmer's relay, so that a heater whose switch is stuck gets no power
either. Its detectors see the circuit itself, on their own coarse grid: what befalls a sensor of the host
does not touch them.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Final

from qh1a.node import SENSES, Fact, NodeRule, NodeTrip, Sense
from qh1a.settings import limits_crc
from qh1a.sim.truth import Truth
from qh1a.tick import LEASE_NS, UNPOWERED, Actuator, Commands
from qh1a.units import NS_PER_S, Ns, nanoseconds

REARM_NS: Final = Ns(NS_PER_S)
"""How long a tripped node wants to be shown, without a gap, that the host commands nothing dangerous."""
CHECK_NS: Final = Ns(10 * NS_PER_S)
"""How often it computes the CRC of its limits anew, and takes them anew (safety H35)."""
AT_REST: Final = (
    Actuator.BP,
    Actuator.PP,
    Actuator.CP,
    Actuator.RP,
    Actuator.HP,
    Actuator.W,
    Actuator.AC,
    Actuator.VC,
    Actuator.PC,
)
"""What must be commanded 0 (stopped, off, closed) for a tripped node to arm again."""
HELD_STEPS: Final = 10
"""A bubble is held for a second: it has then not yet come to the clamp."""
CLEAR_STEPS: Final = 3
"""So many steps without air end a bubble."""

_STATE: Final = struct.Struct(f"<BB3qI{len(Actuator)}d")
_HELD: Final = 1
_PRESENT: Final = 2
_NEVER: Final = -(1 << 63)
_NO_TRIP: Final = NodeTrip.NONE
_CLOSE_ENOUGH: Final = 1e-9
"""What sums of grid steps may be off."""
_AIR_STEPS: Final = round(1.0 / SENSES[Sense.AIR_V].lsb)
_AIR_LSB: Final = SENSES[Sense.AIR_V].lsb
_RPM_STEPS: Final = float(round(1.0 / SENSES[Sense.TURNING].lsb))
_RPM_LSB: Final = SENSES[Sense.TURNING].lsb
# Members looked up once: a step is short.
_AIR_V_ML, _AIR_P_ML = int(Truth.AIR_V_ML), int(Truth.AIR_P_ML)
_N_BP, _N_RP = int(Truth.N_BP), int(Truth.N_RP)
_POS_AC, _POS_VC, _POS_PC = int(Truth.POS_AC), int(Truth.POS_VC), int(Truth.POS_PC)
_AC, _VC, _PC = int(Actuator.AC), int(Actuator.VC), int(Actuator.PC)
_ACCESS_OPEN, _VC_OPEN, _VC_CLOSED = int(Fact.ACCESS_OPEN), int(Fact.VC_OPEN), int(Fact.VC_CLOSED)
_PC_OPEN, _BLOOD_RUNS, _RETURN_RUNS = int(Fact.PC_OPEN), int(Fact.BLOOD_RUNS), int(Fact.RETURN_RUNS)


class _Detector:
    """An air detector that counts in steps of its grid."""

    __slots__ = ("_age", "_bubble", "_counts", "_quiet", "held")
    STATE: Final = struct.Struct("<5q")

    def __init__(self) -> None:
        self._counts = -1
        self._bubble = self._quiet = self._age = self.held = 0

    def step(self, total_ml: float) -> float:
        """The largest bubble of the last second, mL: what has surely passed, so the first count is none."""
        counts = int(total_ml * _AIR_STEPS + _CLOSE_ENOUGH)
        if counts > self._counts >= 0:
            self._bubble += counts - self._counts
            self._quiet = 0
            if self._bubble > self.held:
                self.held = self._bubble
            self._age = 0
        elif self.held:
            self._quiet += 1
            if self._quiet >= CLEAR_STEPS:
                self._bubble = 0
            self._age += 1
            if self._age >= HELD_STEPS:
                self.held = 0
        self._counts = counts
        return (self.held - 1) * _AIR_LSB if self.held else 0.0

    def snapshot(self) -> bytes:
        """All it remembers."""
        return self.STATE.pack(self._counts, self._bubble, self._quiet, self._age, self.held)

    def restore(self, state: bytes) -> None:
        """Go on from `snapshot`."""
        self._counts, self._bubble, self._quiet, self._age, self.held = self.STATE.unpack(state)


class ProtectiveNode:
    """Lets commands through or not; all times are those of the host's commands.

    `limits` is its own copy of all limits. Before the first command it holds `UNPOWERED` without being
    tripped. Once tripped it stays so until it has received, over at least `REARM_NS` and with no lapse of the
    lease, commands that all keep `AT_REST` at 0, while no rule of its own saw its cause.
    """

    def __init__(self, rules: Sequence[NodeRule], limits: Mapping[str, float]) -> None:
        self.trip = NodeTrip.NONE
        self.limits = dict(limits)
        self.crc = 0
        self._rules = tuple(rules)
        self._keys = sorted(self.limits)
        self._used = ("node_blood_runs_rpm", "node_turning_rpm", *(rule.limit for rule in self._rules))
        self._held: tuple[float, ...] | None = None
        self._valid_until = _NEVER
        self._calm_since = _NEVER
        self._present = False
        self._sense = [0.0] * len(Sense)
        self._since = [_NEVER] * len(self._rules)
        self._venous, self._plasma = _Detector(), _Detector()
        self._check(_NEVER)

    @property
    def tripped(self) -> bool:
        """Whether the node holds its safe state against the commands."""
        return self.trip is not _NO_TRIP

    def take(self, commands: Commands, now: int) -> None:
        """Receive commands at `now`. Void ones are ignored, and no lease is longer than `LEASE_NS`."""
        if now > commands.valid_until:
            return
        lapsed = now > self._valid_until
        self._held = commands.value
        self._valid_until = min(commands.valid_until, now + LEASE_NS)
        if self.trip is _NO_TRIP:
            return
        if self._present or any(commands.value[a] != 0.0 for a in AT_REST):
            self._calm_since = _NEVER
        elif lapsed or self._calm_since == _NEVER:
            self._calm_since = now
        elif now - self._calm_since >= REARM_NS:
            self.trip = NodeTrip.NONE
            self._calm_since = _NEVER

    def decide(self, until: int, truth: Sequence[float], p_ven: float, warmer_c: float) -> tuple[float, ...]:
        """What the actuators get for the step that ends at `until`.

        Seen before it: the circuit's `truth`, and what its own transducer and its own probe show.
        """
        if until >= self._check_at:
            self._check(until)
        facts = self._look(truth, p_ven, warmer_c)
        found = self._judge(until, facts)
        if self.trip is _NO_TRIP:
            if found is not None:
                self.trip = found
            elif self._held is None:
                return UNPOWERED
            elif until > self._valid_until:
                self.trip = NodeTrip.LEASE
            else:
                return self._held
        return UNPOWERED

    def _look(self, truth: Sequence[float], p_ven: float, warmer_c: float) -> int:
        """Refresh the senses; the facts."""
        bp, rp = truth[_N_BP], truth[_N_RP]
        bp, rp = int(bp * _RPM_STEPS) * _RPM_LSB, int(rp * _RPM_STEPS) * _RPM_LSB
        ac, vc, pc = truth[_POS_AC] > 0.0, truth[_POS_VC] > 0.0, truth[_POS_PC] > 0.0
        turn_bp, turn_rp = abs(bp), abs(rp)
        sent = UNPOWERED if self._held is None else self._held
        self._sense[:] = (
            self._venous.step(truth[_AIR_V_ML]),
            self._plasma.step(truth[_AIR_P_ML]),
            p_ven,
            warmer_c,
            turn_bp if turn_bp > turn_rp else turn_rp,
            bp if bp < rp else rp,
            (ac and sent[_AC] == 0.0) + (vc and sent[_VC] == 0.0) + (pc and sent[_PC] == 0.0),
        )
        facts = _VC_OPEN if vc else _VC_CLOSED
        if ac:
            facts |= _ACCESS_OPEN
        if pc:
            facts |= _PC_OPEN
        if bp >= self._blood_runs - _CLOSE_ENOUGH:
            facts |= _BLOOD_RUNS
        if turn_rp >= self._return_runs - _CLOSE_ENOUGH:
            facts |= _RETURN_RUNS
        return facts

    def _judge(self, until: int, facts: int) -> NodeTrip | None:
        """Which rule's delay is over, if any; `_present` says whether any sees its cause."""
        present, found = False, None
        sense, since = self._sense, self._since
        for k, (which, sign, limit, when, delay, trip) in enumerate(self._rows):
            if sense[which] * sign < limit or facts & when != when:
                since[k] = _NEVER
                continue
            present = True
            if since[k] == _NEVER:
                since[k] = until
            if found is None and until - since[k] >= delay:
                found = trip
        self._present = present
        return found

    def _check(self, now: int) -> None:
        """Compute the CRC of the copy anew, and let the rules judge by what stands in it now."""
        self.crc = limits_crc(self.limits)
        self._check_at = now + CHECK_NS
        self._take_in([self.limits[key] for key in self._used])

    def _take_in(self, limits: list[float]) -> None:
        self._in_force = limits
        self._blood_runs, self._return_runs, *own = limits
        self._rows = tuple(
            (
                int(rule.sense),
                1.0 if rule.above else -1.0,
                (limit if rule.above else -limit) - _CLOSE_ENOUGH,
                int(rule.when),
                int(nanoseconds(rule.delay_s)),
                rule.trip,
            )
            for rule, limit in zip(self._rules, own, strict=True)
        )

    def release(self) -> None:
        """Forget the commands, as before the first one; a trip stays."""
        self._held = None
        self._valid_until = _NEVER
        self._calm_since = _NEVER

    def snapshot(self) -> bytes:
        """Everything that `restore` needs."""
        held = self._held
        flags = (_HELD if held is not None else 0) | (_PRESENT if self._present else 0)
        head = _STATE.pack(
            self.trip, flags, self._valid_until, self._calm_since, self._check_at, self.crc,
            *(held or UNPOWERED),
        )  # fmt: skip
        numbers = (*self._in_force, *(self.limits[key] for key in self._keys))
        copy = struct.pack(f"<{len(numbers)}d", *numbers)
        since = struct.pack(f"<{len(self._since)}q", *self._since)
        return b"".join((head, self._venous.snapshot(), self._plasma.snapshot(), since, copy))

    def restore(self, state: bytes) -> None:
        """Go on from `snapshot`; raises `ValueError` for anything else."""
        rest = struct.Struct(f"<{len(self._since)}q{len(self._used) + len(self._keys)}d")
        air = _Detector.STATE.size
        size = _STATE.size + 2 * air + rest.size
        if len(state) != size:
            msg = f"node state of {len(state)} bytes, not {size}"
            raise ValueError(msg)
        trip, flags, self._valid_until, self._calm_since, self._check_at, self.crc, *held = (
            _STATE.unpack_from(state)
        )
        self.trip = NodeTrip(trip)
        self._held = tuple(held) if flags & _HELD else None
        self._present = bool(flags & _PRESENT)
        self._venous.restore(state[_STATE.size : _STATE.size + air])
        self._plasma.restore(state[_STATE.size + air : _STATE.size + 2 * air])
        numbers = rest.unpack_from(state, _STATE.size + 2 * air)
        self._since = list(numbers[: len(self._since)])
        limits = [float(x) for x in numbers[len(self._since) :]]
        self._take_in(limits[: len(self._used)])
        self.limits.update(zip(self._keys, limits[len(self._used) :], strict=True))
