from collections.abc import Sequence
from pathlib import Path

import pytest

from qh1a.channels import CHANNELS, N_MEASURED, Channel
from qh1a.plant import PlantKind
from qh1a.record import Header, Recorder, RecordError, SessionFile, summarise
from qh1a.tick import Event, EventCode, Outcome, Priority, Quality, Response, State
from tests.record.ticks import HEADER, StillClock, Tick, tick

GOOD, BAD = int(Quality.GOOD), int(Quality.NOT_READY)


def estimates(n: int, figures: dict[Channel, tuple[float, int]], events: Sequence[Event] = ()) -> Tick:
    frame, intents, decision = tick(n, events=tuple(events))
    derived, quality = list(decision.derived), [GOOD] * len(decision.derived)
    for channel, (value, code) in figures.items():
        derived[channel - N_MEASURED], quality[channel - N_MEASURED] = value, code
    return frame, intents, decision._replace(derived=tuple(derived), derived_quality=tuple(quality))


def summary(path: Path, ticks: Sequence[Tick], labels: dict[str, str], header: Header = HEADER) -> object:
    recorder = Recorder(path, header, StillClock())
    for frame, intents, decision in ticks:
        recorder.put(frame, intents, decision)
    recorder.close(labels)
    with SessionFile(path) as file:
        return summarise(file).as_dict()


FIGURES = {
    Channel.EFFECTIVE: (14_400.0 - 899.9, GOOD),
    Channel.BLOOD_TIME: (15_000.1, GOOD),
    Channel.WALL_TIME: (15_100.2, GOOD),
    Channel.PLASMA: (9_001.3, GOOD),
    Channel.BALANCE: (-12.3, GOOD),
    Channel.SESSION_BALANCE: (151.7, GOOD),
}


def test_every_figure_comes_from_its_place(tmp_path: Path) -> None:
    alarms = [("H1", Priority.HIGH), ("H2", Priority.HIGH), ("H3", Priority.MEDIUM), ("H4", Priority.LOW)]
    events = [Event(EventCode.ALARM_RAISED, rule, 1.0, priority.name) for rule, priority in alarms]
    events += [Event(EventCode.ALARM_CLEARED, "H1", 1.0, "HIGH")]
    # Two stops: climbing further is the same one, falling back below R2 ends it.
    ladder = (Response.R1, Response.R2, Response.R5, Response.R0, Response.R2W, Response.NONE)
    events += [Event(EventCode.RESPONSE, "H1", float(response)) for response in ladder]
    events += [Event(EventCode.STATE, "", float(state)) for state in (State.TREAT, State.ENDED)]
    events += [Event(EventCode.OUTCOME, "", 1.0, Outcome.COMPLETED.name.lower())]
    path = tmp_path / "s.qh1a"
    # The last tick's figures may not be used: the ones before count.
    early = estimates(0, dict.fromkeys(FIGURES, (3.0, GOOD)))
    ticks = [early, estimates(1, FIGURES, events), estimates(2, dict.fromkeys(FIGURES, (7.0, BAD)))]
    assert summary(path, ticks, {"late_ticks": "2", "x_real_time": "1234.5"}) == {
        "outcome": "completed",
        "plant": PlantKind.SIM.value,
        "phase": "ENDED",
        "prescribed_h": 4.0,
        "effective_s": 13_500.1,
        "blood_s": 15_000.1,
        "wall_s": 15_100.2,
        "plasma_ml": 9_001.3,
        "net_balance_ml": -12.3,
        "session_balance_ml": 151.7,
        "within_window": True,
        "alarms": {"high": 2, "medium": 1, "low": 1},
        "protective_stops": 2,
        "harm": None,
        "ticks": 3,
        "late_ticks": 2,
        "x_real_time": 1234.5,
        "session_file": str(path),
        "config_hash": HEADER.config_hash,
        "seed": HEADER.seed,
    }


@pytest.mark.parametrize(
    ("off_s", "within"), [(-900.1, False), (-900.0, True), (0.0, True), (900.0, True), (900.1, False)]
)
def test_the_window_is_on_effective_time(tmp_path: Path, off_s: float, within: bool) -> None:
    figures = {**FIGURES, Channel.EFFECTIVE: (14_400.0 + off_s, GOOD)}
    found = summary(tmp_path / "s.qh1a", [estimates(0, figures)], {})
    assert isinstance(found, dict)
    assert found["within_window"] is within


@pytest.mark.parametrize(
    ("details", "outcome"),
    [((), "aborted"), (("open",), "aborted"), (("ended_early",), "ended_early"), (("open", "SAFE"), "safe")],
)
def test_a_session_without_an_outcome_is_aborted(
    tmp_path: Path, details: tuple[str, ...], outcome: str
) -> None:
    events = [Event(EventCode.OUTCOME, detail=detail) for detail in details]
    found = summary(tmp_path / "s.qh1a", [estimates(0, FIGURES, events)], {})
    assert isinstance(found, dict)
    assert found["outcome"] == outcome


def test_a_state_that_is_none_cannot_be_summed_up(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="not a valid State"):
        summary(tmp_path / "s.qh1a", [estimates(0, FIGURES, [Event(EventCode.STATE, "", 999.0)])], {})


def test_what_is_not_known_is_null_and_not_zero(tmp_path: Path) -> None:
    found = summary(tmp_path / "s.qh1a", [estimates(0, dict.fromkeys(FIGURES, (0.0, BAD)))], {})
    assert isinstance(found, dict)
    unknown = {
        "effective_s",
        "blood_s",
        "wall_s",
        "plasma_ml",
        "net_balance_ml",
        "session_balance_ml",
        "phase",
    }
    assert {key for key, value in found.items() if value is None} == unknown | {"x_real_time", "harm"}
    assert found["within_window"] is False
    assert found["late_ticks"] == 0


def test_a_file_without_a_prescription_cannot_be_summed_up(tmp_path: Path) -> None:
    header = Header(PlantKind.SIM, {"prescription": {"nominal_h": 4.0}}, "", "", 0, ())
    with pytest.raises(RecordError, match="window_s"):
        summary(tmp_path / "s.qh1a", [estimates(0, FIGURES)], {}, header)


def test_figures_are_free_of_binary_dust(tmp_path: Path) -> None:
    lsb = CHANNELS[Channel.PLASMA].lsb
    assert repr(90013 * lsb) != "9001.3"
    found = summary(tmp_path / "s.qh1a", [estimates(0, FIGURES)], {})
    assert isinstance(found, dict)
    assert repr(found["plasma_ml"]) == "9001.3"
