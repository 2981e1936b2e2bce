"""What a healthy treatment must look like, measured and true: one function a figure."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from qh1a.channels import Channel
from qh1a.sim.truth import Truth
from qh1a.tick import Outcome, Priority, State
from tests.sessions.harness import Trace

SET: Final = {Channel.Q_B: 130.0, Channel.Q_P: 30.0, Channel.Q_C: 100.0}
TRUE: Final = {Channel.Q_B: Truth.Q_B, Channel.Q_P: Truth.Q_P, Channel.Q_C: Truth.Q_C}


def last_3_h(trace: Trace) -> npt.NDArray[np.bool_]:
    """Which rows are in the last 3 h of TREAT."""
    end = trace.entered(State.TREAT_END)
    rows: npt.NDArray[np.bool_] = trace.during(State.TREAT) & (trace.times() >= end - 3 * 3600.0)
    return rows


def ends_at_nominal(trace: Trace, hours: int) -> None:
    """Completed, within a second of effective time."""
    assert trace.last is not None
    assert trace.last.outcome is Outcome.COMPLETED, trace.last.outcome.name
    effective_s = trace.last.effective_ns / 1e9
    assert abs(effective_s - hours * 3600.0) <= 1.0, effective_s


def quiet(trace: Trace, _: int) -> None:
    """No HIGH or MEDIUM alarm and no interlock."""
    assert trace.raised(Priority.MEDIUM) == []
    assert trace.bites() == []


def flows(trace: Trace, _: int) -> None:
    """At their set points."""
    steady = last_3_h(trace)
    for channel, wanted in SET.items():
        measured = trace.channel(channel)[steady].mean()
        true = trace.truth(TRUE[channel])[steady].mean()
        assert abs(measured / wanted - 1.0) <= 0.01, (channel.name, measured)
        assert abs(true / wanted - 1.0) <= 0.03, (channel.name, true)


def returned(trace: Trace, _: int) -> None:
    """What is separated comes back."""
    steady = last_3_h(trace)
    q_r, q_p = trace.truth(Truth.Q_R)[steady].mean(), trace.truth(Truth.Q_P)[steady].mean()
    assert abs(q_r / q_p - 1.0) <= 0.02, (q_r, q_p)


def warm(trace: Trace, _: int) -> None:
    """At body temperature."""
    steady = last_3_h(trace)
    measured = np.abs(trace.channel(Channel.T_BR)[steady] - 37.0).max()
    true = np.abs(trace.truth(Truth.T_BR)[steady] - 37.0).max()
    assert measured <= 0.2, measured
    assert true <= 0.5, true


def gentle(trace: Trace, _: int) -> None:
    """The transmembrane pressure stays low."""
    tmp = trace.channel(Channel.TMP)
    mean = tmp[last_3_h(trace)].mean()
    most = tmp[trace.during(State.RAMP, State.TREAT)].max()
    assert mean < 30.0, mean
    assert most <= 40.0, most


def balanced(trace: Trace, _: int) -> None:
    """At every moment of RAMP..TREAT: the patient within 30 mL, the estimate within 15 mL of the truth."""
    rows = trace.during(State.RAMP, State.TREAT)
    true = trace.truth(Truth.NET_BALANCE_ML)[rows]
    true = true - true[0]
    most = np.abs(true).max()
    off = np.abs(trace.channel(Channel.BALANCE)[rows] - true).max()
    assert most <= 30.0, most
    assert off <= 15.0, off


def thin(trace: Trace, _: int) -> None:
    """The ratio never passes its interlock."""
    most = trace.channel(Channel.QP_QB)[trace.during(State.RAMP, State.TREAT)].max()
    assert most <= 0.30, most


FIGURES: Final[tuple[Callable[[Trace, int], None], ...]] = (
    ends_at_nominal, quiet, flows, returned, warm, gentle, balanced, thin,
)  # fmt: skip
