"""Where telemetry goes: the `[broker]` of a file."""

import ipaddress
import re
import ssl
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final, Literal

from annotated_types import Interval, Len, Unit

from qh1a.config import ConfigError, Problem, load
from qh1a.settings import Text

_CLIENT: Final = re.compile(r"[A-Za-z0-9_-]+")
_PREFIX: Final = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
_FILES: Final = ("ca_file", "cert_file", "key_file")


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker, and what this client calls itself there.

    With `tls` the broker must show a certificate of the CA for `host`, and is shown the client's.
    """

    schema: Literal[1]
    host: Text
    port: Annotated[int, Interval(ge=1, le=65535)]
    tls: bool
    client_id: Annotated[str, Len(1, 64)] = "qh1a-telemetry"
    prefix: Annotated[str, Len(1, 100)] = "qh1a"
    keepalive_s: Annotated[int, Interval(ge=2, le=300), Unit("s")] = 10
    ca_file: Text | None = None
    cert_file: Text | None = None
    key_file: Text | None = None

    def context(self) -> ssl.SSLContext | None:
        """TLS 1.2 or newer with the files of this broker, None without TLS. Raises `OSError`."""
        if not self.tls or self.cert_file is None:
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # An empty password: a key that needs one is refused here instead of asking the terminal.
        context.load_cert_chain(self.cert_file, self.key_file, password="")
        return context


def load_broker(path: Path) -> Broker:
    """The broker of a file, its TLS files found and readable. Raises `ConfigError`."""
    broker = load(Broker, path, "broker", problems=broker_problems)
    found = {key: str(path.parent / name) for key in _FILES if (name := getattr(broker, key)) is not None}
    for key, name in found.items():
        if not Path(name).is_file():
            raise ConfigError(str(path), f"broker.{key}", f'"{getattr(broker, key)}"', "no such file")
    broker = replace(
        broker,
        ca_file=found.get("ca_file"),
        cert_file=found.get("cert_file"),
        key_file=found.get("key_file"),
    )
    try:
        broker.context()
    except OSError as error:
        raise ConfigError(str(path), "broker", "", f"the TLS files cannot be used: {error}") from None
    return broker


def broker_problems(b: Broker) -> tuple[Problem, ...]:
    """What no single bound can say."""
    found = []
    if not _CLIENT.fullmatch(b.client_id):
        found.append(Problem("broker.client_id", f'"{b.client_id}"', "allowed letters, digits, _ and -"))
    if not _PREFIX.fullmatch(b.prefix):
        why = "allowed letters, digits, _ and -, with / between"
        found.append(Problem("broker.prefix", f'"{b.prefix}"', why))
    if not b.tls and not _loopback(b.host):
        why = "allowed true; false with a loopback host only"
        found.append(Problem("broker.tls", "false", why, ("broker.host",)))
    for key in _FILES:
        name: str | None = getattr(b, key)
        if b.tls and name is None:
            found.append(Problem(f"broker.{key}", "", "missing key, needed with tls = true", ("broker.tls",)))
        elif not b.tls and name is not None:
            found.append(Problem(f"broker.{key}", f'"{name}"', "allowed with tls = true", ("broker.tls",)))
    return tuple(found)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
