"""Who is who: names, roles and PINs in one file, and the lock-outs after wrong ones (safety 5.2, T3).

PINs are kept as argon2id hashes. Lock-outs outlive the process: they stand in a file beside the users'.
"""

import asyncio
import json
import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

from annotated_types import Interval, Len
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import Type

from qh1a.config import ConfigError, build
from qh1a.console.access import Person, Role
from qh1a.console.figures import Figures
from qh1a.units import NS_PER_S

DIGITS_LEAST: Final = 6
DIGITS_MOST: Final = 12
_NAME: Final = re.compile(r"[\w.-]{1,20}")
"""Two of them with their roles fit into the `who` of an intent."""
_UNKNOWN: Final = ""
"""Under this name the wrong PINs of all names that do not exist are counted."""


@dataclass(frozen=True, slots=True)
class _User:
    role: Literal["viewer", "operator", "second", "engineer", "service"]
    hash: Annotated[str, Len(1, 300)]


@dataclass(frozen=True, slots=True)
class _Users:
    schema: Literal[1]
    users: Mapping[str, _User]


@dataclass(frozen=True, slots=True)
class _Count:
    """Wrong PINs of one name: since the last lock-out, how many lock-outs, and when (wall label, s)."""

    wrong: Annotated[int, Interval(ge=0, le=1_000_000)]
    locks: Annotated[int, Interval(ge=0, le=1_000_000)]
    lock_s: Annotated[float, Interval(ge=0, le=3600)]
    """Length of the lock-out in force at `label_s`; 0 for none."""
    label_s: Annotated[float, Interval(ge=0, le=1e12)]


@dataclass(frozen=True, slots=True)
class _Counts:
    schema: Literal[1]
    everybody: _Count
    names: Mapping[str, _Count] = field(default_factory=dict)


_NONE: Final = _Count(0, 0, 0.0, 0.0)


class Wrong(NamedTuple):
    """A PIN that was not accepted: WRONG_PIN, or LOCKED for so many seconds."""

    reason: Literal["WRONG_PIN", "LOCKED"]
    retry_s: float = 0.0


def weak(pin: str) -> str:
    """Why a PIN cannot be taken, or nothing: too short, one digit, or digits that count up or down."""
    if not (pin.isascii() and pin.isdigit() and DIGITS_LEAST <= len(pin) <= DIGITS_MOST):
        return f"allowed {DIGITS_LEAST} to {DIGITS_MOST} digits"
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    half = len(pin) // 2
    guessed = len(steps) == 1 and steps <= {0, 1, 9}
    if guessed or len(set(pin)) < 3 or pin[:half] == pin[half:]:
        return "too easy to guess, as 000000, 123456, 121212 and 123123 are"
    return ""


def read_users(path: Path) -> dict[str, tuple[Role, str]]:
    """Role and hash by name. Raises `ConfigError`: also for a file that others may read."""
    found = build(_Users, _tree(path), str(path), "")
    if not found.users:
        raise ConfigError(str(path), "users", "{}", "allowed is at least one user: qh1a pin FILE NAME")
    for name, user in found.users.items():
        if not _NAME.fullmatch(name):
            raise ConfigError(str(path), f"users.{name}", "", NAME_ALLOWED)
        try:
            good = extract_parameters(user.hash).type is Type.ID
        except InvalidHashError:
            good = False
        if not good:
            allowed = "allowed an argon2id hash; qh1a pin makes one"
            raise ConfigError(str(path), f"users.{name}.hash", "", allowed)
    return {name: (Role(user.role), user.hash) for name, user in found.users.items()}


NAME_ALLOWED: Final = "allowed 1 to 20 letters, digits, _ . and -"


def write_user(path: Path, name: str, role: Role, pin: str, hasher: PasswordHasher | None = None) -> bool:
    """Set a user's role and PIN, in a file made when there is none; True for a new user.

    Raises `ConfigError` for a name or PIN that cannot be taken, and for a file that cannot be used.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(str(path), f"users.{name}", "", NAME_ALLOWED)
    if why := weak(pin):
        raise ConfigError(str(path), f"users.{name}", "", why)
    users = read_users(path) if path.exists() else {}
    new = name not in users
    users[name] = role, (hasher or PasswordHasher()).hash(pin)
    tree = {"schema": 1, "users": {n: {"role": r.value, "hash": h} for n, (r, h) in sorted(users.items())}}
    try:
        _write(path, tree)
    except OSError as error:
        raise ConfigError(str(path), "", "", f"cannot be written: {error.strerror}") from None
    return new


def _tree(path: Path) -> object:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            mode = f"{stat.S_IMODE(path.stat().st_mode):04o}"
            raise ConfigError(str(path), "mode", mode, f"allowed 0600, others may read it: chmod 600 {path}")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(str(path), "", "", f"cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(str(path), "", "", f"not JSON: {error}") from None


def _write(path: Path, tree: object) -> None:
    """Whole or not at all, its owner's alone, and on the disk when this returns.

    Two consoles may write the same file at once, so each has a part of its own.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(tree, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _label_s(label: str) -> float:
    return datetime.fromisoformat(label).timestamp()


class Pins:
    """The users of one file, and their lock-outs. Raises `ConfigError`, `OSError` as it is made.

    `wall_ns` counts while this process lives; `label` is the wall clock's, which carries a lock-out over to
    the next process and is believed in one direction only.
    """

    def __init__(
        self,
        path: Path,
        figures: Figures,
        wall_ns: Callable[[], int],
        label: Callable[[], str],
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._users = read_users(path)
        self._locks = path.with_name(f"{path.name}.locks")
        self._f, self._wall_ns, self._label = figures, wall_ns, label
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(os.urandom(16))
        self._one = asyncio.Lock()
        """One at a time: each attempt costs memory, and is counted before the next is looked at."""
        counts = self._restore()
        self._counts, self._everybody = dict(counts.names), counts.everybody
        self._since = dict.fromkeys((None, *self._counts), self._wall_ns())
        """When each count was last changed, wall ns of this process; None: everybody's."""

    @property
    def names(self) -> tuple[str, ...]:
        """Everybody who has a PIN."""
        return tuple(sorted(self._users))

    def _restore(self) -> _Counts:
        if not self._locks.exists():
            return _Counts(1, _NONE)
        kept = build(_Counts, _tree(self._locks), str(self._locks), "")
        now_s = _label_s(self._label())
        return _Counts(1, self._aged(kept.everybody, now_s), {
            name: self._aged(count, now_s) for name, count in kept.names.items()
        })  # fmt: skip

    def _aged(self, count: _Count, now_s: float) -> _Count:
        """What is left of a lock-out. A clock that was set back says nothing: the whole of it is left."""
        passed = now_s - count.label_s
        if passed < 0.0:
            return count
        left = max(0.0, count.lock_s - passed)
        if not left and passed > self._f.forget_s:
            return _NONE
        return _Count(count.wrong, count.locks, left, now_s)

    def _locked_s(self, name: str | None) -> float:
        count = self._everybody if name is None else self._counts.get(name, _NONE)
        return max(0.0, count.lock_s - self._passed_s(name))

    def _passed_s(self, name: str | None) -> float:
        now = self._wall_ns()  # once: a clock that moves between two readings makes a time that never was
        return (now - self._since.get(name, now)) / NS_PER_S

    def retry_s(self, name: str) -> float:
        """Seconds for which this name, or everybody, is locked out."""
        key = name if name in self._users else _UNKNOWN
        return max(self._locked_s(None), self._locked_s(key))

    async def check(self, name: str, pin: str) -> Person | Wrong:
        """Whether this is the PIN of that name. Raises `OSError` when a lock-out cannot be kept.

        An attempt counts as wrong, on the disk, before it is looked at; a right one takes that back.
        """
        async with self._one:
            key = name if name in self._users else _UNKNOWN
            if (left := self.retry_s(name)) > 0.0:
                return Wrong("LOCKED", left)
            before = dict(self._counts), self._everybody, dict(self._since)
            mine = self._counts.get(key, _NONE).wrong
            for which in (key, None):
                self._count(which)
            try:
                await self._keep()
            except OSError:
                self._counts, self._everybody, self._since = before
                raise
            if await asyncio.to_thread(self._right, key, pin):
                self._counts, self._everybody, self._since = before
                self._counts.pop(key, None)
                # His own slips no longer stand against everybody; those of others do.
                e = self._everybody
                self._everybody = _Count(max(0, e.wrong - mine), e.locks, e.lock_s, e.label_s)
                await self._keep()
                return Person(name, self._users[name][0])
            left = self.retry_s(name)
            return Wrong("LOCKED", left) if left > 0.0 else Wrong("WRONG_PIN")

    def _right(self, key: str, pin: str) -> bool:
        hashed = self._users[key][1] if key in self._users else self._nobody
        try:
            same = self._hasher.verify(hashed, pin)
        except (VerifyMismatchError, VerificationError):
            return False
        return same and key in self._users

    def _count(self, name: str | None) -> None:
        count = self._everybody if name is None else self._counts.get(name, _NONE)
        if self._passed_s(name) > self._f.forget_s:
            count = _NONE
        wrong, locks, lock_s = count.wrong + 1, count.locks, 0.0
        if wrong >= self._f.pin_wrong:
            lock_s = min(self._f.lock_most_s, self._f.lock_s * 2.0 ** min(locks, 20))
            wrong, locks = 0, locks + 1
        new = _Count(wrong, locks, lock_s, _label_s(self._label()))
        if name is None:
            self._everybody = new
        else:
            self._counts[name] = new
        self._since[name] = self._wall_ns()

    async def _keep(self) -> None:
        tree = {
            "schema": 1,
            "everybody": _row(self._everybody),
            "names": {name: _row(count) for name, count in self._counts.items()},
        }
        await asyncio.to_thread(_write, self._locks, tree)


def _row(count: _Count) -> dict[str, float]:
    return {"wrong": count.wrong, "locks": count.locks, "lock_s": count.lock_s, "label_s": count.label_s}
