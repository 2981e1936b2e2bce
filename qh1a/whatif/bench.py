"""A session that can be put back to an earlier moment: plant, kernel and operator on virtual time."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

from qh1a.control.kernel import Kernel, Snapshot
from qh1a.control.pid import Pid
from qh1a.runtime import Observer, Operator
from qh1a.sim.plant import SimPlant
from qh1a.tick import Decision
from qh1a.units import TICK_NS, Ns


@dataclass(frozen=True, slots=True)
class Moment:
    """All that a bench needs to go on from here."""

    plant: bytes
    kernel: Snapshot
    operator: Operator
    now: Ns
    last: Decision | None


class Bench:
    """A simulated session, one tick after the other; it decides as `runtime.run` does.

    `beside` makes the observer that lets the operator's words be done at the plant.
    """

    def __init__(
        self, plant: SimPlant, kernel: Kernel, operator: Operator, beside: Callable[[], Observer]
    ) -> None:
        self.now = Ns(0)
        self.last: Decision | None = None
        self._plant = plant
        self._kernel = kernel
        self._operator = operator
        self._make_beside = beside
        self._beside = beside()

    def put(self, loop: str, make: Callable[[Pid], Pid]) -> None:
        """Give the loop of these gains the controller that `make` makes of its own. Raises `KeyError`."""
        self._kernel.put(loop, make)

    def tick(self) -> Decision:
        """One tick; what was decided in it."""
        frame = self._plant.read(self.now)
        intents = self._operator.poll(self.now, self.last)
        decision = self._kernel.step(frame, intents)
        self._plant.apply(decision.commands)
        self._beside(frame, intents, decision)
        self.last = decision
        self.now = Ns(self.now + TICK_NS)
        return decision

    def snapshot(self) -> Moment:
        """This moment."""
        operator = copy.deepcopy(self._operator)
        return Moment(self._plant.snapshot(), self._kernel.snapshot(), operator, self.now, self.last)

    def restore(self, moment: Moment) -> None:
        """Go on from a moment of this bench; it can be used again."""
        self._plant.restore(moment.plant)
        self._kernel.restore(moment.kernel)
        self._operator = copy.deepcopy(moment.operator)
        self.now, self.last = moment.now, moment.last
        self._beside = self._make_beside()
