"""Stop the system that runs in a folder, from another process, and wait until it is gone."""

import os
import signal
import time

from fanfold.embedded.errors import EmbeddedError
from fanfold.embedded.state import StateFolder

# Longer than all the members of a system may take together: workers 40 s, schedulers 20 s, servers 20 s each.
_STOP_SECONDS = 120.0
_POLL_SECONDS = 0.05


def stop_system(state: StateFolder) -> None:
    """Ask the system to stop as Ctrl-C does, and come back when it has.

    Raises:
        EmbeddedError: none runs here, or it has not stopped after two minutes.
    """
    process = state.holder()
    if process is None:
        raise EmbeddedError(f"no system runs in {state.root}")
    try:
        os.kill(process, signal.SIGTERM)
    except ProcessLookupError:
        return
    deadline = time.monotonic() + _STOP_SECONDS
    while state.holder() == process:
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"the system in {state.root} (process {process}) has not stopped after {_STOP_SECONDS:.0f} s"
            )
        time.sleep(_POLL_SECONDS)
