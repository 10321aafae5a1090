"""The tools that Fanfold is compared with, installed where they are missing."""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_VENV = ROOT / ".venv-bench"
_LOCK = Path(__file__).with_name("requirements.lock")


def peers_python() -> str:
    """The interpreter that has Celery, HyperQueue and Dask, as `requirements.lock` pins them."""
    mark = _VENV / f".ready-{hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:16]}"
    python = _VENV / "bin" / "python"
    if not mark.exists():
        print("benchmarks: installing the peers (once)", file=sys.stderr, flush=True)
        venv.create(_VENV, clear=True, with_pip=True)
        quiet = ("--quiet", "--disable-pip-version-check", "--require-hashes")
        subprocess.run([python, "-m", "pip", "install", *quiet, "-r", _LOCK], check=True)
        mark.touch()
    return str(python)


def has_parallel() -> bool:
    """Whether GNU parallel is there; as root on a Debian it is installed first."""
    if not _is_gnu_parallel() and os.geteuid() == 0 and shutil.which("apt-get"):
        print("benchmarks: installing GNU parallel (once)", file=sys.stderr, flush=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for words in (("update",), ("install", "-y", "parallel")):
            command = ("apt-get", "-qq", *words)
            subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL)
    return _is_gnu_parallel()


def _is_gnu_parallel() -> bool:
    """Other programs go by that name, too."""
    if shutil.which("parallel") is None:
        return False
    said = subprocess.run(["parallel", "--version"], capture_output=True, text=True, check=False)
    return said.stdout.startswith("GNU parallel")
