"""How our own Python programs are started, whatever the user's folder and environment are."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def module_command(module: str, *arguments: str) -> tuple[str, ...]:
    """Run one of our modules with this interpreter, never one of that name in the user's folder."""
    return (sys.executable, "-P", "-m", module, *arguments)


def module_environment(*, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment in which our modules are found."""
    ours = str(Path(__file__).resolve().parents[2])
    others = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
    return os.environ | {"PYTHONPATH": os.pathsep.join([ours, *others])} | dict(more or {})
