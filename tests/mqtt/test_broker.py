"""The file of a broker, and every mistake in it."""

from pathlib import Path

import pytest

from qh1a.cli.check import _check
from qh1a.config import ConfigError, resolve
from qh1a.mqtt.broker import Broker, load_broker

LOCAL = '[broker]\nschema = 1\nhost = "127.0.0.1"\nport = 1883\ntls = false\n'


def test_the_shipped_file_is_this_machine_without_tls() -> None:
    path = resolve("local.toml", "telemetry")
    assert load_broker(path) == Broker(1, "127.0.0.1", 1883, tls=False)
    assert _check(path) == ("telemetry", [])


MISTAKES = [
    ('"127.0.0.1"', '"192.0.2.7"', "broker.tls = false: allowed true; false with a loopback host only"),
    ('"127.0.0.1"', '"localhost.example"', "broker.tls = false: allowed true"),
    ("false", "true", "broker.ca_file: missing key, needed with tls = true"),
    ("1883", "0", "broker.port = 0: "),
    ("tls = false", 'tls = false\nca_file = "ca.pem"', 'broker.ca_file = "ca.pem": allowed with tls = true'),
    ("tls = false", 'tls = false\nprefix = "a/#"', 'broker.prefix = "a/#": allowed letters'),
    ("tls = false", 'tls = false\nprefix = "/a"', 'broker.prefix = "/a": allowed letters'),
    ("tls = false", 'tls = false\nclient_id = "a b"', 'broker.client_id = "a b": allowed letters'),
    ("tls = false", "tls = false\nkeepalive_s = 1", "broker.keepalive_s = 1: "),
    ("tls = false", 'tls = false\npassword = "x"', "broker.password"),
    (
        "tls = false",
        'tls = true\nca_file = "ca.pem"\ncert_file = "c.pem"\nkey_file = "k.pem"',
        'broker.ca_file = "ca.pem": no such file',
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES)
def test_a_mistake_is_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "b.toml"
    assert LOCAL.count(old) == 1
    path.write_text(LOCAL.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        load_broker(path)
    assert str(caught.value).startswith(f"{path}: {said}")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_needs_no_tls(tmp_path: Path, host: str) -> None:
    path = tmp_path / "b.toml"
    path.write_text(LOCAL.replace("127.0.0.1", host))
    assert load_broker(path).context() is None


def test_files_that_are_no_certificates_are_told(tmp_path: Path) -> None:
    path = tmp_path / "b.toml"
    path.write_text(LOCAL.replace("false", 'true\nca_file = "x"\ncert_file = "x"\nkey_file = "x"'))
    (tmp_path / "x").write_text("no certificate")
    with pytest.raises(ConfigError, match="the TLS files cannot be used"):
        load_broker(path)
