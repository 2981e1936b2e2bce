"""R1 on separation: a high TMP takes Q_p down in steps, and gives most of it back (circuit 2)."""

from typing import Final

from mypy_extensions import mypyc_attr

FLOOR: Final = 10.0
"""Q_p goes no lower by R1, and stays here while an input of the TMP is lost (mL/min)."""
STEP: Final = 5.0
EVERY_S: Final = 5.0
RESUME_SHARE: Final = 0.8
RESUMES_PER_H: Final = 3


@mypyc_attr(serializable=True)
class Reduction:
    """Down 5 mL/min every 5 s to 10; afterwards to 80 % of what it was, at most three times an hour."""

    def __init__(self) -> None:
        self.cap: float | None = None
        self.on = False
        self._from = 0.0
        self._since_step_s = 0.0
        self._clock_s = 0.0
        self._resumed_at: list[float] = []

    def step(self, dt: float, flow: float, *, held: bool) -> None:
        """One tick; `flow` is Q_p now, `held` whether R1 holds separation. `cap` is then the most allowed."""
        self._clock_s += dt
        if held:
            if not self.on:
                self._from = flow
                self.cap = flow
                self._since_step_s = EVERY_S
            self._since_step_s += dt
            if self._since_step_s >= EVERY_S and self.cap is not None:
                self._since_step_s = 0.0
                self.cap = self.cap - STEP if self.cap - STEP > FLOOR else FLOOR
        elif self.on:
            self._resumed_at = [at for at in self._resumed_at if self._clock_s - at < 3600.0]
            if len(self._resumed_at) < RESUMES_PER_H:
                self._resumed_at.append(self._clock_s)
                self.cap = RESUME_SHARE * self._from
        self.on = held

    def forget(self) -> None:
        """A new set point from the operator lifts what R1 left behind."""
        if not self.on:
            self.cap = None
