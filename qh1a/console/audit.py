"""What people asked for and were answered: lines of JSON, appended and never changed (safety 5.2, T19)."""

import asyncio
import json
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Self

_TEXT_MOST: Final = 500


class Audit:
    """The file, its owner's alone. A line is on the disk when its call returns; calls may come from any task.

    Raises `OSError` where it cannot be written.
    """

    def __init__(self, path: Path, label: Callable[[], str]) -> None:
        self._label = label
        self._lock = threading.Lock()
        self._n = 0
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")  # what a power cut left of a line stays alone on its own

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    async def note(self, kind: str, fields: Mapping[str, object]) -> None:
        """One line, from a thread of its own, so that nobody's stream waits for the disk."""
        await asyncio.to_thread(self.write, kind, fields)

    def write(self, kind: str, fields: Mapping[str, object]) -> None:
        """One line."""
        with self._lock:
            self._n += 1
            row = {
                "n": self._n,
                "at": self._label(),
                "kind": kind,
                **{k: _short(v) for k, v in fields.items()},
            }
            text = json.dumps(row, separators=(",", ":")).encode() + b"\n"
            if os.write(self._file, text) != len(text):
                msg = "a line of the audit was cut short"
                raise OSError(msg)
            os.fsync(self._file)


def _short(value: object) -> object:
    return value[:_TEXT_MOST] if isinstance(value, str) else value
