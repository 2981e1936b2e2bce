"""`check` and `describe` as other programs use them."""

import json
from pathlib import Path

import pytest

from qh1a.config import root
from tests.system.commands import qh1a

FIELDS = {
    "channels": "id unit lo hi stale_s decimals lsb derived",
    "hazards": "id harm severity controls rules",
    "limits": "key unit value hard_lo hard_hi source",
    "phases": "name actuators next",
    "faults": "code name unit lo hi",
}
"""design: section 6."""


@pytest.mark.parametrize("table", FIELDS)
def test_describe_gives_rows_with_the_promised_fields(tmp_path: Path, table: str) -> None:
    said = qh1a(tmp_path, "describe", table, "--json")
    assert (said.code, said.err) == (0, "")
    found = json.loads(said.out)
    assert isinstance(found, list)
    assert found
    for row in found:
        assert set(FIELDS[table].split()) <= set(row)


def test_every_shipped_file_passes_check(tmp_path: Path) -> None:
    files = sorted(str(p) for p in root().rglob("*.toml"))
    said = qh1a(tmp_path, "check", "--json", *files)
    assert (said.code, said.err) == (0, "")
    found = said.json()
    assert found["ok"] is True
    assert isinstance(found["files"], list)
    assert [f["file"] for f in found["files"]] == files


def test_the_json_of_a_run_has_the_promised_fields(tmp_path: Path) -> None:
    said = qh1a(tmp_path, "run", "bench-10min.toml", "--speed", "max", "--json")
    assert (said.code, said.err) == (0, "")
    found = said.json()
    assert {
        "outcome", "plant", "phase", "prescribed_h", "effective_s", "blood_s", "wall_s", "plasma_ml",
        "net_balance_ml", "session_balance_ml", "within_window", "alarms", "protective_stops", "ticks",
        "late_ticks", "x_real_time", "session_file", "config_hash", "seed",
    } <= set(found)  # fmt: skip
    harm = found["harm"]
    assert isinstance(harm, dict)
    assert (harm["air_ml"], harm["blood_lost_ml"], harm["cells_heat_min"]) == (0.0, 0.0, 0.0)
    assert set(found["alarms"]) == {"high", "medium", "low"} if isinstance(found["alarms"], dict) else False
    assert (found["outcome"], found["plant"], found["within_window"]) == ("completed", "SIM", True)
    assert found["session_file"] == "bench-10min-1.qh1a"
    assert (tmp_path / "bench-10min-1.qh1a").is_file()
