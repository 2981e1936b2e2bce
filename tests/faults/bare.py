"""A settled treatment without anything that protects: what a fault does to those nobody looks after.

The loops run on and believe their sensors. Alarms are raised and change nothing, no interlock bites, the
protective node lets every command through. All of it is made here; the product has no such switch.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import cast

from qh1a.control.alarms import QUIET, Active, Alarms
from qh1a.control.supervisor import Supervisor
from qh1a.hazards import NODE_RULES
from qh1a.sim.node import ProtectiveNode
from qh1a.tick import UNPOWERED, AlarmView, Event, Priority, State
from qh1a.units import Ns
from tests.sessions.corners import Corner, Moment, Treatment, settled

CORNER = Corner("typical")


class _Unheard:
    """Alarms that are raised as ever; nothing responds."""

    active: Active = QUIET

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms

    @property
    def views(self) -> tuple[AlarmView, ...]:
        return self._alarms.views

    def step(self, now: Ns, state: State, v: list[float], q: list[int], events: list[Event]) -> None:
        self._alarms.step(now, state, v, q, events)

    @property
    def sound(self) -> Priority:
        return self._alarms.sound

    @property
    def silent_until(self) -> int:
        return self._alarms.silent_until

    def acknowledge(self, now: Ns, rule: str, events: list[Event]) -> bool:
        return self._alarms.acknowledge(now, rule, events)


class _Through:
    """A supervisor that only keeps commands within their spans."""

    bits = 0

    def step(
        self, _now: Ns, want: Sequence[float], _v: object, _q: object, _state: State, _active: Active
    ) -> tuple[float, ...]:
        out = list(want)
        Supervisor._spans(out)  # noqa: SLF001 - all that is left of it
        return tuple(out)


class _Idle(ProtectiveNode):
    """A node that never trips."""

    def decide(self, until: int, truth: Sequence[float], p_ven: float, warmer_c: float) -> tuple[float, ...]:
        del until, truth, p_ven, warmer_c
        return UNPOWERED if self._held is None else self._held


@lru_cache(maxsize=1)
def _made() -> tuple[Treatment, Moment]:
    made = Treatment(CORNER)
    made.restore(settled(CORNER).snapshot())
    # No seat of kernel and plant takes a protection away.
    decides = made.kernel._s  # noqa: SLF001
    decides.alarms = cast("Alarms", _Unheard(decides.alarms))
    decides.supervisor = cast("Supervisor", _Through())
    plant = made.plant
    idle = _Idle(NODE_RULES, plant._node.limits)  # noqa: SLF001
    idle.restore(plant._node.snapshot())  # noqa: SLF001
    plant._node, plant._parts = idle, (idle, *plant._parts[1:])  # noqa: SLF001
    return made, made.snapshot()


def unprotected() -> Treatment:
    """One and the same treatment without protection, put back to where `settled` has settled."""
    made, moment = _made()
    made.restore(moment)
    return made
