"""What is done with a session file afterwards: replay, verify, report."""

import math
import re
import sqlite3
import tomllib
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path

from qh1a.config import root
from tests.system.commands import qh1a, traceback_in

# -- replay ----------------------------------------------------------------------------------------------


def test_replay_decides_everything_again(recorded: Path) -> None:
    said = qh1a(recorded.parent, "replay", str(recorded))
    assert (said.code, said.err) == (0, "")
    assert re.fullmatch(r".*: equal, \d,\d{3} ticks decided again\n", said.out)


def test_replay_finds_one_unit_in_the_last_place_of_one_gain(recorded: Path) -> None:
    tuning = tomllib.loads((root() / "tuning" / "default.toml").read_text(encoding="utf-8"))
    kp = math.nextafter(tuning["tuning"]["blood"]["kp"], math.inf)
    args = ("replay", str(recorded), "--set", f"tuning.blood.kp={kp!r}")
    said = qh1a(recorded.parent, *args)
    assert said.code == 1
    assert not traceback_in(said)
    told = dict(re.findall(r"^(\S.*?)  +(.*)$", said.out, re.MULTILINE))
    assert re.fullmatch(r"tick \d+, \d+\.\d s into the session", told["first difference"])
    assert told["field"] == "commands.BP"
    recorded_value, decided = float(told["recorded"]), float(told["decided again"])
    assert recorded_value != decided
    assert recorded_value == decided or abs(recorded_value - decided) < 1e-9, "one ulp, not another session"
    found = qh1a(recorded.parent, *args, "--json").json()
    assert (found["equal"], found["config_changed"]) == (False, True)
    divergence = found["divergence"]
    assert isinstance(divergence, dict)
    assert divergence["field"] == "commands.BP"
    assert told["first difference"].startswith(f"tick {divergence['tick']},")
    assert (told["recorded"], told["decided again"]) == (divergence["recorded"], divergence["decided"])


# -- verify ----------------------------------------------------------------------------------------------


def flipped(recorded: Path, folder: Path, needle: bytes, offset: int) -> Path:
    """A copy with the lowest bit of one byte turned over: `offset` into the only place of `needle`."""
    data = bytearray(recorded.read_bytes())
    assert data.count(needle) == 1
    data[data.index(needle) + offset] ^= 1
    path = folder / "flipped.qh1a"
    path.write_bytes(bytes(data))
    return path


def test_verify_names_the_record_in_which_a_byte_changed(recorded: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(f"{recorded.as_uri()}?mode=ro", uri=True)) as db:
        n, tick, content, digest = db.execute(
            "SELECT n, tick, content, hash FROM chain WHERE kind = 'event' AND content LIKE '%STATE%'"
            " ORDER BY n DESC LIMIT 1"
        ).fetchone()
    # Content and hash stand side by side in the row, which makes the place unique.
    path = flipped(recorded, tmp_path, f"{content}{digest}".encode(), content.index('"value":') + 8)
    said = qh1a(tmp_path, "verify", path.name)
    assert (said.code, said.out) == (1, "")
    assert said.err == f"{path.name}: chain: record {n} (tick {tick}, event) does not match its hash\n"
    assert qh1a(tmp_path, "verify", path.name, "--json").json()["ok"] is False


def test_verify_names_the_minute_in_which_a_byte_changed(recorded: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(f"{recorded.as_uri()}?mode=ro", uri=True)) as db:
        minute, blob = db.execute(
            "SELECT minute, blob FROM chunk WHERE minute = 5 AND length(blob) BETWEEN 300 AND 2000"
            " ORDER BY stream LIMIT 1"
        ).fetchone()
    path = flipped(recorded, tmp_path, blob, len(blob) - 1)
    said = qh1a(tmp_path, "verify", path.name)
    assert (said.code, said.out) == (1, "")
    assert not traceback_in(said)
    assert said.err.startswith(f"{path.name}: minute {minute}: ")


def test_verify_proves_the_session(recorded: Path) -> None:
    said = qh1a(recorded.parent, "verify", str(recorded))
    assert (said.code, said.err) == (0, "")
    assert re.fullmatch(r".*: whole, \d,\d{3} ticks, head [0-9a-f]{64}\n", said.out)


# -- report ----------------------------------------------------------------------------------------------


class Resources(HTMLParser):
    """Everything an HTML file would load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            loads = name in {"src", "srcset", "poster", "data", "background", "action"} or (
                name in {"href", "xlink:href"} and tag != "a"
            )
            if loads and value and not value.startswith(("data:", "#")):
                self.loaded.append(f"<{tag} {name}={value}>")


def test_report_is_one_self_contained_html_file(recorded: Path, tmp_path: Path) -> None:
    said = qh1a(tmp_path, "report", str(recorded), "-o", "r.html")
    assert (said.code, said.out, said.err) == (0, "r.html\n", "")
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    page = Resources()
    page.feed(text)
    page.close()
    assert {"html", "title", "svg", "table"} <= page.tags
    assert not page.tags & {"script", "iframe", "object", "embed", "link", "base", "form"}
    assert page.loaded == []
    outside = [u for u in re.findall(r"url\(\s*['\"]?([^)'\"]*)", text) if not u.startswith(("#", "data:"))]
    assert outside == []
    assert "@import" not in text
    # A namespace is a name, not an address.
    addresses = set(re.findall(r"https?://[^\s\"'<>]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "SIM" in text
    assert "esearch software" in text
