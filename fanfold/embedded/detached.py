"""A supervisor in a session of its own: the caller waits until it is ready and then leaves it."""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from fanfold.embedded.errors import ConfigurationRefused, EmbeddedError
from fanfold.embedded.modules import module_command, module_environment
from fanfold.embedded.process import last_line
from fanfold.embedded.state import StateFolder


def start_detached(arguments: Sequence[str], *, state: StateFolder, say: Callable[[str], None]) -> str:
    """Run `fanfold` with these arguments in a new session, wait until it is ready, and answer its URL.

    Its output goes to the log named `up` of the folder.

    Raises:
        EmbeddedError: it did not come up.
        KeyboardInterrupt: while waiting; what was started has stopped.
    """
    if state.holder() is not None:
        state.refuse_second()
    log = state.log("up")
    log.parent.mkdir(parents=True, exist_ok=True)
    reader, writer = os.pipe()
    with log.open("ab") as output:
        started = subprocess.Popen(
            module_command("fanfold", *arguments, "--report-to", str(writer)),
            env=module_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(writer,),
        )
    os.close(writer)
    try:
        url = _await_ready(reader, say=say, log=log)
    except KeyboardInterrupt:
        started.send_signal(signal.SIGTERM)
        started.wait()
        raise
    # It is meant to outlive this process: nobody will wait for it.
    started.returncode = 0
    return url


def _await_ready(reader: int, *, say: Callable[[str], None], log: Path) -> str:
    with os.fdopen(reader, encoding="utf-8") as lines:
        for line in lines:
            word, _, rest = line.rstrip("\n").partition(" ")
            if word == "say":
                say(rest)
            elif word == "ready":
                return rest
            else:
                raise _failure(rest)
    raise EmbeddedError(f"the supervisor ended before it was ready: {last_line(log)} [more in {log}]")


def _failure(rest: str) -> EmbeddedError:
    status, _, message = rest.partition(" ")
    refused = status == str(ConfigurationRefused.exit_status)
    return ConfigurationRefused(message) if refused else EmbeddedError(message)
