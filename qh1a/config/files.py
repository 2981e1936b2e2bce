"""Where configuration files are: an existing path, or a shipped name. No other path is ever guessed."""

from pathlib import Path
from typing import Final

from qh1a.config.tables import ConfigError

_PACKAGE: Final = Path(__file__).resolve().parent.parent


def root() -> Path:
    """The folder of the shipped files: inside an installed package, beside it in a working copy."""
    inside = _PACKAGE / "configs"
    return inside if inside.is_dir() else _PACKAGE.parent / "configs"


def shipped(kind: str) -> tuple[str, ...]:
    """Names of the shipped files of a kind."""
    return tuple(sorted(p.name for p in (root() / kind).glob("*.toml")))


def resolve(name: str, kind: str) -> Path:
    """The file a user means: an existing path first, else a shipped file of that name."""
    path = Path(name)
    if path.is_file():
        return path
    if name in shipped(kind):
        return root() / kind / name
    if path.is_dir():
        raise ConfigError(name, "", "", "is a folder, not a file")
    names = ", ".join(shipped(kind)) or "none"
    raise ConfigError(name, "", "", f"no such file; shipped {kind} are {names}")
