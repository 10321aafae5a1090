"""Which servers a client talks to."""

import pytest

from fanfold.addresses import server_urls
from fanfold.errors import BadAddress


def test_without_anything_it_is_this_machine() -> None:
    assert server_urls(None, environment={}) == ("http://127.0.0.1:30000",)
    assert server_urls(None, environment={"FANFOLD_URL": " "}) == ("http://127.0.0.1:30000",)


def test_the_environment_names_several_with_commas_or_blanks() -> None:
    environment = {"FANFOLD_URL": "http://a:1,http://b:2  http://c:3/"}

    assert server_urls(None, environment=environment) == ("http://a:1", "http://b:2", "http://c:3")


def test_what_is_given_goes_before_the_environment() -> None:
    assert server_urls("https://a/fanfold/", environment={"FANFOLD_URL": "http://b"}) == (
        "https://a/fanfold",
    )
    assert server_urls(["http://a", "http://b", "http://a"], environment={}) == ("http://a", "http://b")


def test_http_may_be_left_out() -> None:
    assert server_urls("localhost:30000", environment={}) == ("http://localhost:30000",)


@pytest.mark.parametrize(
    "url", ["ftp://a", "http://", "http://a:port", "http://a:0", "http://[::1", "http://a/?q=1"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        server_urls(url, environment={})
