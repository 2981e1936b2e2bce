import sqlite3
from pathlib import Path

import numpy as np
import pytest

from qh1a import report
from qh1a.channels import CHANNELS, N_MEASURED, Channel
from qh1a.plant import PlantKind
from qh1a.record import Header, Recorder, RecordError, SessionFile, TruthSignal
from qh1a.tick import Actuator, Commands, Decision, Event, Frame, Intent, Quality
from qh1a.units import TICK_NS, Ns
from tests.record.ticks import SESSION, StillClock
from tests.report import fake

TRUTH = (TruthSignal("CB", "umol/L", "conjugated bilirubin"), TruthSignal("HCT_PATIENT", "1", "haematocrit"))


def record(made: fake.Fake, path: Path) -> None:
    """A made-up session as a real file."""
    series = [made.series(c) for c in Channel]
    codes = [made.quality(c).tolist() for c in Channel]
    counts = [(s / row.lsb).round().tolist() for s, row in zip(series, CHANNELS, strict=True)]
    commands = [made.commands(a).tolist() for a in Actuator]
    recorder = Recorder(
        path, Header(PlantKind.SIM, made.header.configs, "c0ffee", "0.1.0", 7, (), TRUTH), StillClock()
    )
    items = list(made.records())
    for n in range(made.ticks):
        now = Ns(5 * 10**9 + n * TICK_NS)
        value = [counts[c][n] * CHANNELS[c].lsb for c in Channel]
        quality = [codes[c][n] for c in Channel]
        here = [item.what for item in items if item.tick == n]
        recorder.put(
            Frame(now, tuple(value[:N_MEASURED]), (now,) * N_MEASURED, tuple(quality[:N_MEASURED])),
            tuple(x for x in here if isinstance(x, Intent)),
            Decision(
                Commands(now, tuple(c[n] for c in commands)),
                (),
                tuple(x for x in here if isinstance(x, Event)),
                SESSION,
                tuple(value[N_MEASURED:]),
                tuple(quality[N_MEASURED:]),
            ),
        )
        if n % 600 == 0:
            recorder.put_truth(np.array([259.0 - n / 100.0, 0.37]))
    recorder.close({"late_ticks": "0", "x_real_time": "12.5"})


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = fake.session(0.03, pause=None)
    for channel in (Channel.EFFECTIVE, Channel.BALANCE):
        assert made.quality(channel)[0] == Quality.GOOD
    path = tmp_path_factory.mktemp("report") / "real.qh1a"
    record(made, path)
    return path


def test_a_real_file_becomes_a_page(session: Path, tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    report.write(session, out)
    html = out.read_text(encoding="utf-8")
    with SessionFile(session) as file:
        assert file.head in html
    assert "real.qh1a" in html
    assert str(session.parent) not in html
    assert "sound: chain" in html
    # The shipped texts name the alarm.
    assert "Venous pressure dropped" in html
    assert "refused: out of range" in html
    with SessionFile(session) as file:
        last = file.truth().values[-1, 0]
    assert f'<td class="num">259.0</td><td class="num">{last:.1f}</td>' in html
    assert list(tmp_path.iterdir()) == [out]


def test_the_same_file_gives_the_same_bytes_by_path_and_by_object(session: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "1.html", tmp_path / "2.html"
    report.write(session, one)
    with SessionFile(session) as file:
        report.write(file, two)
        assert file.head
    assert one.read_bytes() == two.read_bytes()


def test_a_tampered_file_is_reported_as_such(session: Path, tmp_path: Path) -> None:
    copy = tmp_path / "real.qh1a"
    copy.write_bytes(session.read_bytes())
    db = sqlite3.connect(copy)
    db.execute("UPDATE chain SET content = replace(content, 'nurse.li', 'nobody') WHERE kind = 'intent'")
    db.commit()
    db.close()
    report.write(copy, tmp_path / "r.html")
    assert "NOT SOUND" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_what_is_no_session_leaves_nothing_behind(tmp_path: Path) -> None:
    wrong = tmp_path / "x.qh1a"
    wrong.write_text("no session", encoding="utf-8")
    with pytest.raises(RecordError):
        report.write(wrong, tmp_path / "r.html")
    assert list(tmp_path.iterdir()) == [wrong]


def test_a_place_that_cannot_be_written_is_an_oserror(session: Path, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        report.write(session, tmp_path / "missing" / "r.html")
