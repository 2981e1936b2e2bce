"""The one way this package compiles a kernel."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def _digest() -> bytes:
    """Hash of every source file of this package, names included."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.digest()


_DIGEST = _digest()


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile: strictly IEEE, single-threaded, cached on disk until any file of this package changes."""
    dispatcher = numba.njit(cache=True, fastmath=False)(function)
    # numba's own stamp covers only the file of the outermost kernel: editing a called one would run stale
    # physics. There is no public way to say so.
    dispatcher._cache._cache_file._source_stamp = _DIGEST  # type: ignore[attr-defined]  # noqa: SLF001
    return cast(Callable[P, R], dispatcher)
