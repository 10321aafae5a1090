"""What can go wrong with the embedded system, told in one line that a user can act on."""

import errno


class EmbeddedError(Exception):
    """The embedded system cannot do what was asked; the message is one line and says what to do."""

    exit_status = 1


class ConfigurationRefused(EmbeddedError):
    """A process of the system refused its configuration; the message is the last line of its log."""

    exit_status = 78


def explain(error: OSError) -> str:
    """One line for a failure of the file system, with the remedy where there is an obvious one."""
    place = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full{place}: free some space and try again"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no right to write{place}: choose another folder with --data-dir"
    return f"{error.strerror or error}{place}"
