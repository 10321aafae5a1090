"""How our own Python programs are started, whatever the user's folder and environment are."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

# What is exported for another system must not lead this one's processes to it.
_ADDRESS_VARIABLES = frozenset(
    {
        "PUBSUB_NAMESPACE",
        "SPRING_REDIS_HOST",
        "SPRING_REDIS_PORT",
        "SPRING_DATA_REDIS_HOST",
        "SPRING_DATA_REDIS_PORT",
        "SERVER_PORT",
    }
)


def module_command(module: str, *arguments: str) -> tuple[str, ...]:
    """Run one of our modules with this interpreter, never one of that name in the user's folder."""
    return (sys.executable, "-P", "-m", module, *arguments)


def module_environment(*, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment in which our modules are found, without addresses of other systems."""
    kept = {name: value for name, value in os.environ.items() if name.upper() not in _ADDRESS_VARIABLES}
    ours = str(Path(__file__).resolve().parents[2])
    others = [kept["PYTHONPATH"]] if kept.get("PYTHONPATH") else []
    return kept | {"PYTHONPATH": os.pathsep.join([ours, *others])} | dict(more or {})
