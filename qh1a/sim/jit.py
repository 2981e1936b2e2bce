"""The one way this package compiles a kernel."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def _digest() -> str:
    """Hash of where this package is and of every source file in it, names included."""
    folder = Path(__file__).parent
    digest = hashlib.sha256(bytes(folder))
    for path in sorted(folder.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


# numba's own stamp covers only the file of the outermost kernel: editing a called one would run stale
# physics. So each state of the sources has a folder of its own.
_FOLDER = Path(numba.config.CACHE_DIR or Path.home() / ".cache" / "qh1a") / _digest()  # type: ignore[attr-defined]
COLD: Final = not _FOLDER.exists()
"""Whether this state of the sources was never compiled; numba makes the folder at the first kernel."""
numba.config.CACHE_DIR = str(_FOLDER)  # type: ignore[attr-defined]


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile: strictly IEEE, single-threaded, cached on disk until any file of this package changes.

    Division by 0 gives what IEEE 754 says and is seen downstream: what is no number is never recorded. A
    check at each division would keep the compiler from using vector instructions.
    """
    return cast(Callable[P, R], numba.njit(cache=True, fastmath=False, error_model="numpy")(function))
