"""The API process of a scheduler."""

import sys
from functools import partial

from app.controllers.server import PortInUse, serve
from app.settings import EXIT_STATUS, Settings
from app.wiring import api_application


def run(settings: Settings) -> int:
    """Serves until SIGTERM; the exit status, 78 where the port cannot be had."""
    try:
        return serve(settings, load=partial(api_application, settings))
    except PortInUse as error:
        print(f"fanfold: {error.detail}; {error.hint}", file=sys.stderr)
        return EXIT_STATUS
