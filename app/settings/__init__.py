"""Configuration as Spring spells it, checked whole before anything starts."""

from app.settings.faults import EXIT_STATUS, Fault, UnusableSettings, exit_with
from app.settings.loading import load_settings
from app.settings.model import Settings

__all__ = ["EXIT_STATUS", "Fault", "Settings", "UnusableSettings", "exit_with", "load_settings"]
