"""Who is who, and what wrong PINs cost."""

import json
import os
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner

from qh1a.cli import app
from qh1a.config import ConfigError
from qh1a.console import pins as module
from qh1a.console.access import Person, Role
from qh1a.console.pins import Pins, Wrong, read_users, weak, write_user
from qh1a.units import nanoseconds
from tests.console.office import PIN, QUICK, figures, users


class Watch:
    """A monotonic wall and a label, each set by the test."""

    def __init__(self) -> None:
        self.wall, self.label_s = 0, 1_800_000_000.0

    def pass_s(self, s: float) -> None:
        self.wall += nanoseconds(s)
        self.label_s += s

    def wall_ns(self) -> int:
        return self.wall

    def label(self) -> str:
        return datetime.fromtimestamp(self.label_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def made(path: Path, watch: Watch) -> Pins:
    return Pins(path, figures(), watch.wall_ns, watch.label, QUICK)


async def wrong(pins: Pins, name: str, times: int) -> list[str]:
    found: list[str] = []
    for _ in range(times):
        said = await pins.check(name, "999998")
        assert isinstance(said, Wrong)
        found.append(said.reason)
    return found


async def test_the_right_pin_is_taken_and_no_other(tmp_path: Path) -> None:
    pins = made(users(tmp_path), Watch())
    assert await pins.check("anna", PIN["anna"]) == Person("anna", Role.OPERATOR)
    assert await pins.check("anna", PIN["ben"]) == Wrong("WRONG_PIN")
    assert await pins.check("nobody", PIN["anna"]) == Wrong("WRONG_PIN")
    assert await pins.check("anna", "") == Wrong("WRONG_PIN")
    assert pins.names == tuple(sorted(PIN))


async def test_a_clock_that_moves_while_it_is_read_locks_nobody_out(tmp_path: Path) -> None:
    watch = Watch()

    def ticking() -> int:
        watch.wall += 250
        return watch.wall

    pins = Pins(users(tmp_path), figures(), ticking, watch.label, QUICK)
    assert pins.retry_s("anna") == 0.0
    assert await pins.check("anna", PIN["anna"]) == Person("anna", Role.OPERATOR)


async def test_five_wrong_ones_lock_for_a_minute_and_then_twice_as_long_up_to_fifteen(tmp_path: Path) -> None:
    watch = Watch()
    pins = made(users(tmp_path), watch)
    for expected in (60.0, 120.0, 240.0, 480.0, 900.0, 900.0):
        assert await wrong(pins, "anna", 5) == ["WRONG_PIN"] * 4 + ["LOCKED"]
        assert pins.retry_s("anna") == expected
        watch.pass_s(expected - 0.5)
        assert await pins.check("anna", PIN["anna"]) == Wrong("LOCKED", 0.5)
        watch.pass_s(0.5)
    assert await pins.check("anna", PIN["anna"]) == Person("anna", Role.OPERATOR)


async def test_wrong_ones_of_many_names_lock_everybody(tmp_path: Path) -> None:
    pins = made(users(tmp_path), Watch())
    for name in ("anna", "ben", "carl", "who", "ever"):
        await wrong(pins, name, 1)
    assert await pins.check("dora", PIN["dora"]) == Wrong("LOCKED", 60.0)


async def test_a_right_one_takes_back_ones_own_slips_only(tmp_path: Path) -> None:
    pins = made(users(tmp_path), Watch())
    await wrong(pins, "anna", 2)
    await wrong(pins, "ben", 2)
    assert isinstance(await pins.check("anna", PIN["anna"]), Person)
    assert await wrong(pins, "ben", 2) == ["WRONG_PIN"] * 2
    assert await wrong(pins, "carl", 1) == ["LOCKED"]  # the fifth, but for anna's


async def test_slips_are_forgotten_after_an_hour(tmp_path: Path) -> None:
    watch = Watch()
    pins = made(users(tmp_path), watch)
    await wrong(pins, "anna", 4)
    watch.pass_s(3601.0)
    assert await wrong(pins, "anna", 1) == ["WRONG_PIN"]


async def test_a_restart_resets_nothing(tmp_path: Path) -> None:
    watch, path = Watch(), users(tmp_path)
    await wrong(made(path, watch), "anna", 4)
    assert await wrong(made(path, watch), "anna", 1) == ["LOCKED"]
    watch.wall = 7  # another boot
    watch.label_s += 20.0
    pins = made(path, watch)
    assert pins.retry_s("anna") == 40.0
    assert pins.retry_s("ben") == 40.0
    watch.pass_s(40.0)
    assert await wrong(pins, "anna", 5) == ["WRONG_PIN"] * 4 + ["LOCKED"]
    assert made(path, watch).retry_s("anna") == 120.0


@pytest.mark.parametrize("back_s", [1.0, 3600.0, 1e8])
async def test_a_clock_that_was_set_back_neither_frees_nor_locks_longer(
    tmp_path: Path, back_s: float
) -> None:
    watch, path = Watch(), users(tmp_path)
    await wrong(made(path, watch), "anna", 5)
    watch.label_s -= back_s
    assert made(path, watch).retry_s("anna") == 60.0


async def test_a_lock_is_kept_before_the_pin_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = users(tmp_path)
    pins = made(path, Watch())

    def killed(_: PasswordHasher, __: str, ___: str) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(PasswordHasher, "verify", killed)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            pins._right("anna", "1")  # noqa: SLF001 - where a kill would strike
    monkeypatch.undo()
    seen: list[int] = []
    right = Pins._right  # noqa: SLF001 - as above

    def look(self: Pins, key: str, pin: str) -> bool:
        seen.append(json.loads((tmp_path / "users.json.locks").read_text())["names"]["anna"]["wrong"])
        return right(self, key, pin)

    monkeypatch.setattr(Pins, "_right", look)
    await pins.check("anna", "1")
    await pins.check("anna", "2")
    assert seen == [1, 2]


async def test_locks_that_cannot_be_kept_let_nobody_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pins = made(users(tmp_path), Watch())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_write", full)
    for _ in range(7):
        with pytest.raises(OSError, match="space"):
            await pins.check("anna", PIN["anna"])
    monkeypatch.undo()
    assert isinstance(await pins.check("anna", PIN["anna"]), Person)


async def test_an_unknown_name_costs_as_much_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pins, looked = made(users(tmp_path), Watch()), list[str]()
    verify = PasswordHasher.verify

    def look(self: PasswordHasher, hashed: str, pin: str) -> bool:
        looked.append(hashed.rsplit("$", 2)[0])
        return verify(self, hashed, pin)

    monkeypatch.setattr(PasswordHasher, "verify", look)
    await pins.check("anna", "1")
    await pins.check("nobody", "1")
    assert len(looked) == 2
    assert looked[0] == looked[1]  # the same parameters


@pytest.mark.parametrize(
    "pin",
    ["12345", "1234567890123", "000000", "123456", "654321", "901234", "121212", "112211", "123123", "12345a",
     "१२३४५६", "", "12 456"],
)  # fmt: skip
def test_a_pin_that_is_easy_to_guess_is_refused(tmp_path: Path, pin: str) -> None:
    assert weak(pin)
    with pytest.raises(ConfigError):
        write_user(tmp_path / "u", "anna", Role.OPERATOR, pin, QUICK)
    assert not (tmp_path / "u").exists()


@pytest.mark.parametrize("pin", ["314159", "100200", "982451653", "123457"])
def test_others_are_taken(pin: str) -> None:
    assert weak(pin) == ""


GOOD = QUICK.hash("314159")
BAD_FILES = [
    ("{", "not JSON"),
    ("[]", "allowed is a table"),
    ('{"schema": 2, "users": {}}', "schema = 2: allowed 1"),
    ('{"schema": 1, "users": {}}', "users = {}: allowed is at least one user"),
    (
        '{"schema": 1, "users": {"a": {"role": "king", "hash": "x"}}}',
        'users.a.role = "king": allowed "viewer"',
    ),
    ('{"schema": 1, "users": {"a": {"role": "viewer", "hash": "x"}}}', "users.a.hash: allowed an argon2id"),
    (
        '{"schema": 1, "users": {"a/b": {"role": "viewer", "hash": "x"}}}',
        "users.a/b: allowed 1 to 20 letters",
    ),
    (
        json.dumps({"schema": 1, "users": {"a": {"role": "viewer", "hash": GOOD.replace("2id", "2i")}}}),
        "users.a.hash: allowed an argon2id",
    ),
    ('{"schema": 1, "users": {}, "x": 1}', "x = 1: unknown key"),
]


@pytest.mark.parametrize(("text", "said"), BAD_FILES)
def test_a_mistake_in_the_file_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "u.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        read_users(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = users(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(mode)
    with pytest.raises(ConfigError, match=f"mode = 0{mode:o}: allowed 0600"):
        read_users(path)


async def test_what_is_kept_is_the_owners_alone_and_holds_no_pin(tmp_path: Path) -> None:
    path = users(tmp_path)
    before = os.umask(0)
    try:
        await wrong(made(path, Watch()), "anna", 1)
    finally:
        os.umask(before)
    locks = tmp_path / "users.json.locks"
    assert stat.S_IMODE(locks.stat().st_mode) == 0o600
    assert not [pin for pin in PIN.values() if pin in path.read_text()]
    assert sorted(os.listdir(tmp_path)) == ["users.json", "users.json.locks"]


def test_pins_are_set_and_changed_from_the_command_line(tmp_path: Path) -> None:
    file = str(tmp_path / "u.json")
    run = CliRunner().invoke
    said = run(app, ["pin", file, "anna", "--role", "operator"], input="314159\n314159\n")
    assert said.exit_code == 0, said.output
    assert "314159" not in said.output
    assert run(app, ["pin", file, "anna", "--role", "operator"], input="314159\n314158\n").exit_code == 2
    assert run(app, ["pin", file, "anna", "--role", "operator"], input="123456\n").exit_code == 2
    assert run(app, ["pin", file, "anna", "--role", "king", "--random"]).exit_code == 2
    drawn = run(app, ["pin", file, "ben", "--role", "second", "--random"])
    assert re.fullmatch(r"[0-9]{6}\n", drawn.stdout)
    assert {n: r for n, (r, _) in read_users(Path(file)).items()} == {
        "anna": Role.OPERATOR, "ben": Role.SECOND,
    }  # fmt: skip
