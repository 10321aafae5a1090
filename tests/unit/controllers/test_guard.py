"""Requests that are not meant for the service, or that a foreign page makes, are refused."""

import pytest

from app.settings import Settings
from tests.api import Api

HOST = "localhost:30000"


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:30000", "127.0.0.1:30000", "127.1.2.3", "[::1]:30000", "localhost.", "[::1]"],
)
def test_this_machines_own_names_are_accepted(api: Api, host: str) -> None:
    assert api.get("/schedule/ping", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:30000",
        "localhost.evil.example",
        "localhost,evil.example",
        "localhost@evil.example",
        "evil.localhost",
        "localhost:30000:1",
        "localhost:x",
        "[::1",
        "[::1]x",
        "::1",
        "8.8.8.8",
        "[2001:db8::1]",
        "0.0.0.0",
        "-",
        " ",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/schedule/ping", "/schedule", "/health/ready", "/metrics", "/nope"])
def test_other_hosts_are_refused(api: Api, host: str, path: str) -> None:
    answer = api.get(path, headers={"Host": host})
    assert (answer.status_code, answer.get_json()["code"]) == (421, "host-not-allowed")


def test_a_request_without_host_is_refused(api: Api) -> None:
    answer = api.get("/schedule/ping", environ_overrides={"HTTP_HOST": ""})
    assert answer.status_code == 421


def test_named_hosts_are_accepted() -> None:
    settings = Settings.model_validate(
        {
            "server": {"address": "10.1.2.3"},
            "fanfold": {"http": {"insecure": True, "allowed_hosts": ("Fanfold.example", "[2001:db8::7]")}},
        }
    )
    api = Api(settings)
    for host in ("fanfold.example", "FANFOLD.example:443", "10.1.2.3:30000", "[2001:DB8::7]:1", "localhost"):
        assert api.get("/schedule/ping", headers={"Host": host}).status_code == 200, host
    assert api.get("/schedule/ping", headers={"Host": "x.fanfold.example"}).status_code == 421


def test_an_address_for_all_is_no_host_name() -> None:
    settings = Settings.model_validate(
        {"server": {"address": "0.0.0.0"}, "fanfold": {"http": {"insecure": True}}}
    )
    assert Api(settings).get("/schedule/ping", headers={"Host": "0.0.0.0"}).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8080"},
        {"Origin": "http://localhost"},
        {"Origin": "http://127.0.0.1:30000"},
        {"Origin": "file://"},
        {"Origin": "ftp://localhost:30000"},
        {"Origin": "http://localhost:99999999"},
        {"Origin": "http://localhost:30000.evil.example"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "anything"},
        {"Sec-Fetch-Site": ""},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:30000"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_sites_are_refused(api: Api, headers: dict[str, str], method: str) -> None:
    answer = api.client.open("/schedule", method=method, headers={"Host": HOST} | headers)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "cross-site")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": f"http://{HOST}"},
        {"Origin": f"HTTP://{HOST.upper()}"},
        {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
)
def test_its_own_pages_are_served(api: Api, headers: dict[str, str]) -> None:
    assert api.get("/schedule", headers={"Host": HOST} | headers).status_code == 200


def test_a_proxy_that_leaves_out_the_port_is_served(api: Api) -> None:
    headers = {"Host": "localhost", "Origin": "https://localhost:8443"}
    assert api.get("/schedule", headers=headers).status_code == 200


def test_no_foreign_page_may_read_an_answer(api: Api) -> None:
    answer = api.get("/schedule", headers={"Host": HOST, "Origin": f"http://{HOST}"})
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("encoding", ["gzip, chunked", "identity", "chunked, chunked"])
def test_strange_framing_is_refused(api: Api, encoding: str) -> None:
    answer = api.get("/schedule", headers={"Host": HOST, "Transfer-Encoding": encoding})
    assert answer.status_code == 400
