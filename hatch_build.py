"""The wheel's core, compiled: hatchling runs this while it builds."""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CORE = Path("qh1a", "control")
BESIDE = ("qh1a/sim/node.py",)
"""What else decides in every tick."""


class CompiledCore(BuildHookInterface):  # type: ignore[misc]
    """Puts mypyc's modules of the core beside its sources; without a C compiler a wheel has sources alone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the modules to a wheel, and mark it as one of this Python and machine."""
        if self.target_name != "wheel" or version != "standard" or not can_compile():
            return
        root = Path(self.root)
        # A copy: mypyc builds in place, and tests import the plain sources of the tree. The C code stays, so
        # that an unchanged core is not compiled again.
        built = root / "build" / "core"
        shutil.rmtree(built / "qh1a", ignore_errors=True)
        for module in built.glob("*.so"):
            module.unlink()
        shutil.copytree(root / "qh1a", built / "qh1a", ignore=shutil.ignore_patterns("__pycache__"))
        core = (str(p.relative_to(built)) for p in (built / CORE).glob("*.py") if p.stem != "__init__")
        sources = [*sorted(core), *BESIDE]
        command = [sys.executable, "-m", "mypyc", "--config-file", str(root / "pyproject.toml"), *sources]
        # a * b + c must round twice, as in Python, on machines that could round once.
        env = {**os.environ, "CFLAGS": f"{os.environ.get('CFLAGS', '')} -ffp-contract=off"}
        done = subprocess.run(command, cwd=built, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            msg = f"mypyc could not compile the core:\n{done.stdout}{done.stderr}"
            raise RuntimeError(msg)
        for module in [*built.glob("*.so"), *built.glob("qh1a/*/*.so")]:
            build_data["force_include"][str(module)] = str(module.relative_to(built))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True


def can_compile() -> bool:
    """Whether the C compiler of this Python finds Python's headers."""
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    headers = sysconfig.get_path("include")
    command = [*compiler, f"-I{headers}", "-fsyntax-only", "-x", "c", "-"]
    try:
        done = subprocess.run(
            command, input="#include <Python.h>\n", capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return False
    return done.returncode == 0
