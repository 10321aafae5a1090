"""An API process behind the real server, for tests: `python -m tests.api_process --key=value ...`.

The store is Redis where `spring.redis.port` is given, else the twin; the bus is the twin.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from flask import Flask

from app.controllers.server import PortInUse, serve
from app.messaging.memory import MemoryBus
from app.repositories.memory import MemoryStore
from app.repositories.ports import Store
from app.repositories.redis.configured import redis_store
from app.settings import EXIT_STATUS, Settings, load_settings
from app.support.processes import die_with_parent
from app.wiring import Outside, wire_api

PARENT = "FANFOLD_TEST_PID"
PIDS = "FANFOLD_TEST_PIDS"
REDIS_KEY = "--spring.redis.port"


def application(settings: Settings, is_stopping: Callable[[], bool], *, on_redis: bool) -> Flask:
    """The API over the twins, or over Redis and the twin of the bus."""
    Path(os.environ[PIDS]).write_text(f"{os.getppid()} {os.getpid()}")
    bus = MemoryBus()
    bus.admin().ensure({settings.pubsub.topic: 1}, timeout_seconds=1)
    store: Store = redis_store(settings) if on_redis else MemoryStore(time.time)
    outside = Outside(store=store, publisher=bus.publisher(), admin=bus.admin())
    return wire_api(settings, outside=outside, is_stopping=is_stopping)


def main(argv: Sequence[str]) -> int:
    die_with_parent(int(os.environ[PARENT]))
    on_redis = any(word.startswith(REDIS_KEY) for word in argv)
    try:
        settings = load_settings(argv)
        return serve(settings, load=partial(application, settings, on_redis=on_redis))
    except PortInUse as error:
        print(error.detail, file=sys.stderr)
        return EXIT_STATUS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
