"""python -m worker: one worker, until SIGTERM has it drain and leave."""

import os
import signal
import sys
from collections.abc import Sequence

from app.errors import BusUnavailable, SettingsError
from app.settings import exit_with, load_settings
from app.support.logs import configure_logs, get_logger
from app.support.processes import die_with_parent
from worker.wiring import wire_worker

PARENT = "FANFOLD_PARENT_PID"

log = get_logger("worker")


def main(argv: Sequence[str]) -> int:
    """`argv`: settings as `--key=value`."""
    if PARENT in os.environ:
        die_with_parent(int(os.environ.pop(PARENT)))
    try:
        settings = load_settings(argv)
    except SettingsError as error:
        exit_with(error)
    configure_logs(level=settings.fanfold.log.level, form=settings.fanfold.log.format, process="worker")
    wired = wire_worker(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: wired.agent.drain())
    log.info("worker_started", worker=wired.worker)
    try:
        wired.agent.run()
    except BusUnavailable as error:
        log.error("bus_client_broken", reason=error.detail)  # noqa: TRY400 - the reason says it all
        return 1
    finally:
        wired.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
