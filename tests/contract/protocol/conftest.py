"""The breaks are tried on the stores of the store's own suite: the twin, and then Redis."""

from tests.contract.store.conftest import a_task, client, real, store, subject

__all__ = ["a_task", "client", "real", "store", "subject"]
