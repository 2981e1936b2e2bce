"""`qh1a console` as a process of its own."""

import asyncio
import json
import signal
import sys
from importlib import util
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qh1a.cli import app
from tests.console.office import about, users
from tests.control.synthetic import Bench
from tests.link.bench import Ward


async def asked(port: int, path: str, **headers: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = {"Host": f"127.0.0.1:{port}", **headers}
    head = "".join(f"{k}: {v}\r\n" for k, v in lines.items())
    writer.write(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
    return reader, writer


async def test_it_serves_and_ends_within_a_second_with_pages_open(tmp_path: Path) -> None:
    async with Ward(tmp_path / "s.sock", about=about(Bench())):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "qh1a", "console", str(tmp_path / "s.sock"), "--users",
            str(users(tmp_path)),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        address = (await process.stdout.readline()).decode().strip()
        port = int(address.removeprefix("http://127.0.0.1:").strip("/"))
        evil, gone = await asked(port, "/api/hello", Host="evil.example")
        assert b"421" in await evil.readline()
        gone.close()
        pages = [await asked(port, "/static/plotly.min.js") for _ in range(3)]
        assert b"200" in await pages[0][0].readline()
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(2.0):  # noqa: TID251 - a real process
            _, said = await process.communicate()
        for _, writer in pages:
            writer.close()
        assert process.returncode == 130
        assert said.decode() == "Ctrl-C ends the console, not the session\n"
        rows = [json.loads(line) for line in (tmp_path / "users.json.audit").read_text().splitlines()]
        assert [row["reason"] for row in rows] == ["HOST"]


def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    found = util.find_spec

    def without(name: str) -> ModuleSpec | None:
        return None if name == "fastapi" else found(name)

    monkeypatch.setattr(sys.modules["qh1a.cli.console"], "find_spec", without)
    for args in (["console", "s", "--users", "u"], ["pin", "u", "a", "--role", "second"]):
        said = CliRunner().invoke(app, args)
        assert said.exit_code == 2
        assert 'fastapi is not installed; it comes with: pip install "qh1a[console]"' in said.stderr


def test_a_language_and_a_users_file_that_are_not_there_are_said(tmp_path: Path) -> None:
    run = CliRunner().invoke
    said = run(app, ["console", "s", "--users", str(tmp_path / "u"), "--language", "fr"])
    assert (said.exit_code, "--language = fr: allowed en" in said.stderr) == (2, True)
    said = run(app, ["console", "s", "--users", str(tmp_path / "u")])
    assert (said.exit_code, "cannot be read" in said.stderr) == (2, True)
