"""How fast simulated time goes while somebody at a console has to follow it."""

from typing import Final

from qh1a.clock import VirtualClock
from qh1a.tick import STATES, Decision, Frame, Intent, Priority

WATCHED: Final = 1.0
"""Times real time while an answer is waited for."""


class Pace:
    """An observer that slows a session to real time while it waits for a person.

    That is at a prompt, and while an alarm of medium or high priority is not acknowledged; else `speed`
    (None: as fast as possible). A session slower than real time stays as it is.
    """

    def __init__(self, clock: VirtualClock, speed: float | None) -> None:
        self._clock = clock
        self._speed = speed
        self._slow = WATCHED if speed is None else min(WATCHED, speed)

    def __call__(self, _: Frame, _intents: tuple[Intent, ...], decision: Decision) -> None:
        """See one tick."""
        wanted = self._slow if _waits(decision) else self._speed
        if wanted != self._clock.speed:
            self._clock.set_speed(wanted)


def _waits(decision: Decision) -> bool:
    if STATES[decision.session.state].waits is not None:
        return True
    return any(a.priority >= Priority.MEDIUM and not a.acknowledged for a in decision.alarms)
