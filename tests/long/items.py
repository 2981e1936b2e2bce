"""The items of the batteries, one function each; item n is always the same session."""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from qh1a.config import Configuration
from qh1a.control.kernel import Kernel
from qh1a.record import SessionFile
from qh1a.replay import replay
from qh1a.sim.counter import stream_key, unit
from qh1a.tick import Decision, IntentName, Outcome, State
from tests.long.battery import finding
from tests.sessions.faulty import CASES, answered, harm_bounded
from tests.sessions.harness import Trace, Wish, run, treated, wish
from tests.sessions.steady import FIGURES, Case, balanced
from tests.sessions.unblocked import Healthy, found

FIRST_SEED: Final = 1000
TREATMENTS: Final = tuple(Case(h, *who) for who in ((), (30.0, 0.27), (25.0, 0.45)) for h in (4, 6, 8))
"""For the typical patient, a thin-blooded and a thick-blooded one."""


def treatment(n: int) -> str:
    """A whole treatment, the cases in turn: every steady figure."""
    case, seed = TREATMENTS[n % len(TREATMENTS)], FIRST_SEED + n // len(TREATMENTS)
    trace = case.run(seed)
    wrong = [finding(partial(figure, trace, case), figure.__name__) for figure in FIGURES]
    return _told(f"{case.hours}h.toml Hct {case.hct:g} seed {seed}", wrong)


# -- unblocked ---------------------------------------------------------------------------------------------

PATIENTS: Final = ("aclf-mild.toml", "aclf-typical.toml", "aclf-severe.toml", "small-anaemic.toml")


def unblocked(n: int) -> str:
    """A healthy treatment of 4, 6 or 8 h: no command is blocked, nothing raises an alarm."""
    seed, rest = divmod(n, 3 * len(PATIENTS))
    hours, patient = (4, 6, 8)[rest // len(PATIENTS)], PATIENTS[rest % len(PATIENTS)]
    case = Healthy(f"{hours} h", patient, FIRST_SEED + seed, prescription=f"{hours}h.toml")
    return _told(f"{hours}h.toml {patient} seed {case.seed}", found(*case.run(every=100)))


# -- faults ----------------------------------------------------------------------------------------------

ONSETS: Final = (
    ("TREAT", 60.0), ("TREAT", 5.0), ("TREAT", 20.0), ("TREAT", 120.0), ("TREAT", 200.0), ("TREAT", 300.0),
    ("RAMP", 5.0), ("RAMP", 30.0), ("RINSEBACK", 10.0), ("RINSEBACK", 70.0),
)  # fmt: skip
THIN_S: Final = 60.0
"""Until then the prime still thins the blood: a kink takes longer to its limit, or never gets there."""
TREAT_S: Final = 360.0
"""The treatment time of the bench session: a rule may only be expected to answer before its end."""


def faulted(n: int) -> str:
    """A fault with its onset and seed: its rule answers as it should, and the harm is bounded."""
    seed, rest = divmod(n, len(CASES) * len(ONSETS))
    phase, at_s = ONSETS[rest // len(CASES)]
    case = CASES[rest % len(CASES)]
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "fault.toml"
        script.write_text(case.script(at_s, phase), encoding="utf-8")
        trace = run(faults=script, seed=FIRST_SEED + seed, every=1)
    wrong = [finding(lambda: harm_bounded(trace), "harm"), finding(lambda: _ended(trace), "end")]
    early = case.fault == "return_line_kink" and at_s < THIN_S
    if phase == "TREAT" and not early and at_s + case.within_s < TREAT_S - 5.0:
        wrong.append(finding(lambda: answered(case, trace, at_s), "rule"))
    return _told(f"{case.fault} {at_s:g} s into {phase}, seed {FIRST_SEED + seed}", wrong)


def _ended(trace: Trace) -> None:
    assert trace.last is not None
    assert trace.last.state is State.ENDED, trace.last.state.name
    assert trace.last.outcome is not Outcome.OPEN


# -- pauses ----------------------------------------------------------------------------------------------

KINDS: Final = ("plasma", "stopped", "patient_off")


def history(n: int) -> tuple[list[Wish], list[str]]:
    """One to six wishes at random moments: pauses of all kinds, set points, a stop, an extension."""
    key = stream_key(n, "pause history")
    draw = iter(range(1000))

    def u() -> float:
        return unit(key, next(draw))

    wishes: list[Wish] = []
    told: list[str] = []
    for _ in range(1 + int(u() * 6)):
        at = round(u() * 355.0, 1)
        pick = u()
        if pick < 0.7:
            kind = KINDS[int(u() * len(KINDS))]
            when = treated(at)
            if kind == "patient_off":
                # The patient can only be taken off a machine that stands: in two steps, as a nurse does it.
                wishes.append(wish(treated(at), IntentName.PAUSE, "plasma"))
                when = _paused
            wishes.append(wish(when, IntentName.PAUSE, kind))
            told.append(f"{kind} at {at}")
        elif pick < 0.9:
            blood = 80.0 + round(u() * 100.0)
            wishes.append(wish(treated(at), IntentName.SET, "blood_ml_min", blood))
            told.append(f"blood {blood:g} at {at}")
        elif pick < 0.95:
            wishes.append(wish(treated(at), IntentName.STOP))
            told.append(f"stop at {at}")
        else:
            wishes.append(wish(treated(346.0), IntentName.EXTEND, "", 30.0))
            told.append("extended by 30")
    return wishes, told


def _paused(decision: Decision) -> bool:
    return decision.session.state is State.PAUSE_PLASMA


def paused(n: int) -> str:
    """A random history over the physics: clocks and harm as they should be; replayed and proved after."""
    wishes, told = history(n)
    seed = FIRST_SEED + n
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.qh1a"
        trace = run(wishes=wishes, seed=seed, every=1, out=path)
        wrong = [
            finding(lambda: harm_bounded(trace), "harm"),
            finding(lambda: _ended(trace), "end"),
            finding(lambda: _clocks(trace), "clocks"),
            finding(lambda: _balance_known(trace), "balance"),
            finding(lambda: _record(path), "record"),
        ]
    return _told(f"history {n} ({'; '.join(told)}), seed {seed}", wrong)


def _clocks(trace: Trace) -> None:
    assert trace.last is not None
    s = trace.last
    in_treat = trace.during(State.TREAT).sum() * 0.1
    assert s.effective_ns / 1e9 <= in_treat + 0.2, (s.effective_ns, in_treat)
    assert s.effective_ns <= s.blood_ns <= s.wall_ns, s
    assert s.effective_ns / 1e9 <= TREAT_S + 36.0 + 0.2, s
    if s.outcome is Outcome.COMPLETED:
        assert s.effective_ns / 1e9 >= TREAT_S, s


def _balance_known(trace: Trace) -> None:
    """Between RAMP and the end of TREAT the estimate is within 15 mL of the truth, pauses or not.

    Taking the patient off and on again moves volume of its own, which the estimate cannot see.
    """
    if not trace.during(State.PATIENT_OFF).any():
        balanced(trace, Case(0))


def _record(path: Path) -> None:
    with SessionFile(path) as file:
        c = Configuration.from_tree(file.header.configs, {})
        found = replay(file, lambda: Kernel(c.prescription, c.limits, c.tuning, c.rig))
        assert found.equal, found.divergence
        assert file.verify() == []


def _told(what: str, wrong: Sequence[str]) -> str:
    found = [w for w in wrong if w]
    return f"{what}: {'; '.join(found)}" if found else ""
