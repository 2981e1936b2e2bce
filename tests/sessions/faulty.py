"""Faults over the physics: what each must lead to, and how much it may hurt."""

from dataclasses import dataclass
from typing import Final

from qh1a.hazards import RULES
from qh1a.sim.truth import Truth
from qh1a.tick import EventCode, Response, State
from tests.sessions.harness import Trace


@dataclass(frozen=True)
class Case:
    """A fault in TREAT: the rules that may answer first, how soon, and where that leads."""

    fault: str
    duration_s: float
    rules: tuple[str, ...]
    within_s: float
    state: State
    magnitude: float | None = None

    def script(self, at_s: float = 60.0, phase: str = "TREAT") -> str:
        """The fault script, `at_s` into a phase."""
        magnitude = "" if self.magnitude is None else f"magnitude = {self.magnitude}\n"
        return (
            f'[[fault]]\nfault = "{self.fault}"\nphase = "{phase}"\nat_s = {at_s}\nprofile = "step"\n'
            f"duration_s = {self.duration_s}\n{magnitude}"
        )


CASES: Final = (
    # Blood loss at 130 mL/min: 3 s of delay and the closing of the clamp are 8 mL.
    Case("return_disconnection", 12.0, ("H05.1", "H05.2"), 5.0, State.PAUSE_STOPPED),
    # The venous chamber's cushion fills first: 90 mmHg of rise at some 12 mmHg/s, then 3 s of delay.
    Case("return_line_kink", 30.0, ("H06.1",), 15.0, State.PAUSE_STOPPED, 10.0),
    Case("access_needle_on_wall", 20.0, ("H07.2",), 6.0, State.PAUSE_STOPPED, 5.0),
    Case("separation_pump_stall", 15.0, ("H28.2",), 8.0, State.PAUSE_PLASMA),
    Case("perfusion_pump_stall", 15.0, ("H28.3",), 8.0, State.PAUSE_PLASMA),
    # 60 W into the warmer's metal and 100 mL/min of plasma take their time to 41 C.
    Case("heater_stuck_on", 120.0, ("H20.3", "H20.4"), 120.0, State.PAUSE_PLASMA, 60.0),
    Case("air_in_return_line", 5.0, ("H01.1",), 30.0, State.PAUSE_STOPPED, 0.5),
)
RESPONSE_OF: Final = {r.id: r.response for r in RULES}


def first_stop(trace: Trace) -> tuple[float, str]:
    """When which rule first stopped something."""
    for at, rule in trace.raised():
        if RESPONSE_OF[rule] >= Response.R2:
            return at, rule
    msg = "no rule stopped anything"
    raise AssertionError(msg)


def answered(case: Case, trace: Trace, at_s: float) -> None:
    """The rule came in time, with its response, and led where it should."""
    onset = trace.entered(State.TREAT) + at_s
    at, rule = first_stop(trace)
    assert rule in case.rules, rule
    assert onset <= at <= onset + case.within_s, at - onset
    responses = [
        Response(int(e.value)) for when, _, e in trace.events if when == at and e.code is EventCode.RESPONSE
    ]
    assert responses[:1] == [RESPONSE_OF[rule]], responses
    late = trace.entered(case.state, onset) - at
    assert abs(late) <= 0.11, late


def harm_bounded(trace: Trace) -> None:
    """Judged by the truth: no air reaches the patient, at most 50 mL of blood is lost, plasma below 42 C."""
    air = trace.truth(Truth.AIR_PATIENT_ML).max()
    lost = trace.truth(Truth.BLOOD_LOST_ML).max()
    hottest = trace.truth(Truth.T_RET).max()
    assert air < 0.2, air
    assert lost < 50.0, lost
    assert hottest < 42.0, hottest
