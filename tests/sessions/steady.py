"""What a healthy treatment must look like, measured and true: one function a figure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from qh1a.channels import Channel
from qh1a.sim.truth import Truth
from qh1a.tick import Outcome, Priority, State
from tests.sessions.harness import Trace, run

EVERY: Final = 7
"""Ticks between two rows. Once a second the perfusion pump's rollers, at 0.99 to 1.00 Hz, would nearly stand
still in the rows: their mean was off by 2 %."""


@dataclass(frozen=True, slots=True)
class Case:
    """A treatment: nominal hours, plasma flow and the patient's haematocrit."""

    hours: int
    plasma: float = 30.0
    hct: float = 0.37

    @property
    def set(self) -> dict[Channel, float]:
        """Set points of the flows."""
        return {Channel.Q_B: 130.0, Channel.Q_P: self.plasma, Channel.Q_C: 100.0}

    def run(self, seed: int) -> Trace:
        """The whole session."""
        return run(
            f"{self.hours}h.toml",
            seed=seed,
            sets={
                "prescription.flows.plasma_ml_min": self.plasma,
                "prescription.patient.haematocrit": self.hct,
            },
            person={"patient.hct": self.hct},
            every=EVERY,
        )


TRUE: Final = {Channel.Q_B: Truth.Q_B, Channel.Q_P: Truth.Q_P, Channel.Q_C: Truth.Q_C}


def last_3_h(trace: Trace) -> npt.NDArray[np.bool_]:
    """Which rows are in the last 3 h of TREAT."""
    end = trace.entered(State.TREAT_END)
    rows: npt.NDArray[np.bool_] = trace.during(State.TREAT) & (trace.times() >= end - 3 * 3600.0)
    return rows


def ends_at_nominal(trace: Trace, case: Case) -> None:
    """Completed, within a second of effective time."""
    assert trace.last is not None
    assert trace.last.outcome is Outcome.COMPLETED, trace.last.outcome.name
    effective_s = trace.last.effective_ns / 1e9
    assert abs(effective_s - case.hours * 3600.0) <= 1.0, effective_s


def quiet(trace: Trace, _: Case) -> None:
    """No HIGH or MEDIUM alarm and no interlock."""
    assert trace.raised(Priority.MEDIUM) == []
    assert trace.bites() == []


def flows(trace: Trace, case: Case) -> None:
    """At their set points."""
    steady = last_3_h(trace)
    for channel, wanted in case.set.items():
        measured = trace.channel(channel)[steady].mean()
        true = trace.truth(TRUE[channel])[steady].mean()
        assert abs(measured / wanted - 1.0) <= 0.01, (channel.name, measured)
        assert abs(true / wanted - 1.0) <= 0.03, (channel.name, true)


def returned(trace: Trace, _: Case) -> None:
    """What is separated comes back."""
    steady = last_3_h(trace)
    q_r, q_p = trace.truth(Truth.Q_R)[steady].mean(), trace.truth(Truth.Q_P)[steady].mean()
    assert abs(q_r / q_p - 1.0) <= 0.02, (q_r, q_p)


def warm(trace: Trace, _: Case) -> None:
    """At body temperature."""
    steady = last_3_h(trace)
    measured = np.abs(trace.channel(Channel.T_BR)[steady] - 37.0).max()
    true = np.abs(trace.truth(Truth.T_BR)[steady] - 37.0).max()
    assert measured <= 0.2, measured
    assert true <= 0.5, true


def gentle(trace: Trace, _: Case) -> None:
    """The transmembrane pressure stays low."""
    tmp = trace.channel(Channel.TMP)
    mean = tmp[last_3_h(trace)].mean()
    most = tmp[trace.during(State.RAMP, State.TREAT)].max()
    assert mean < 30.0, mean
    assert most <= 40.0, most


def balanced(trace: Trace, _: Case) -> None:
    """At every moment of RAMP..TREAT: the patient within 30 mL, the estimate within 15 mL of the truth."""
    rows = trace.during(State.RAMP, State.TREAT)
    true = trace.truth(Truth.NET_BALANCE_ML)[rows]
    true = true - true[0]
    most = np.abs(true).max()
    off = np.abs(trace.channel(Channel.BALANCE)[rows] - true).max()
    assert most <= 30.0, most
    assert off <= 15.0, off


def thin(trace: Trace, _: Case) -> None:
    """The ratio never passes its interlock."""
    most = trace.channel(Channel.QP_QB)[trace.during(State.RAMP, State.TREAT)].max()
    assert most <= 0.30, most


def _from_second_hour(trace: Trace) -> npt.NDArray[np.bool_]:
    """Which rows of TREAT come after its first hour."""
    rows: npt.NDArray[np.bool_] = trace.during(State.TREAT) & (
        trace.times() >= trace.entered(State.TREAT) + 3600.0
    )
    return rows


def aired(trace: Trace, _: Case) -> None:
    """Oxygen before the bioreactor is held, as measured."""
    off = np.abs(trace.channel(Channel.DO_IN)[_from_second_hour(trace)] - 150.0).max()
    assert off <= 5.0, off


def buffered(trace: Trace, _: Case) -> None:
    """pH before the bioreactor is held, as measured and in truth."""
    rows = _from_second_hour(trace)
    measured = np.abs(trace.channel(Channel.PH)[rows] - 7.40).max()
    true = np.abs(trace.truth(Truth.PH_BR)[rows] - 7.40).max()
    assert measured <= 0.03, measured
    assert true <= 0.06, true


LEDGERS: Final = (Truth.SOLUTE_LEDGER, Truth.OXYGEN_LEDGER, Truth.CARBON_LEDGER, Truth.HEAT_LEDGER)


def accounted(trace: Trace, _: Case) -> None:
    """Nothing appears or vanishes, from the first tick to the last."""
    for ledger in LEDGERS:
        assert trace.truth(ledger).max() <= 1e-9, ledger.name
    blood = trace.truth(Truth.BLOOD_VOLUME_ML)[0]
    assert np.abs(trace.truth(Truth.VOLUME_LEDGER_ML)).max() <= 1e-9 * blood


FIGURES: Final[tuple[Callable[[Trace, Case], None], ...]] = (
    ends_at_nominal, quiet, flows, returned, warm, gentle, balanced, thin, aired, buffered,
    accounted,
)  # fmt: skip
