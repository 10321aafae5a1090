"""Identifiers that nobody can guess or meet twice."""

import secrets
import uuid

_INCARNATION_BYTES = 6
_TOKEN_BYTES = 8


def new_id() -> str:
    """A random UUID (version 4) in its usual spelling."""
    return str(uuid.uuid4())


def new_token() -> str:
    """A random name of 64 bits in 11 characters, for what is many and only has to differ within one task."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def incarnation() -> str:
    """What tells one life of a process from the next: 12 hexadecimal digits, taken once per process."""
    return secrets.token_hex(_INCARNATION_BYTES)
