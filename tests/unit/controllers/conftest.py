"""An API for each test, over twins of store and bus."""

import pytest

from tests.api import Api


@pytest.fixture
def api() -> Api:
    return Api()
