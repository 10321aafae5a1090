"""The API behind its real server: the guard, framing, limits, streams, stopping and dying."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.settings import EXIT_STATUS
from tests.integration.api_server import ApiServer, api_server, is_open, problem, request, start
from tests.servers import wait_until

MAX_BODY = 100_000
HOST = {"Host": "localhost"}
JSON = HOST | {"Content-Type": "application/json"}
NDJSON = HOST | {"Content-Type": "application/x-ndjson"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with api_server(
        tmp_path_factory.mktemp("api"),
        f"--fanfold.http.max-body={MAX_BODY}",
        "--fanfold.http.threads=8",
        "--fanfold.http.waiters=2",
    ) as running:
        yield running


@pytest.mark.parametrize(
    ("line", "headers", "expected"),
    [
        ("GET /schedule/ping HTTP/1.1", {}, (421, "host-not-allowed")),
        ("GET /schedule/ping HTTP/1.0", {}, (421, "host-not-allowed")),
        ("GET /schedule/ping HTTP/1.1", {"Host": "evil.example"}, (421, "host-not-allowed")),
        (
            "GET /schedule/ping HTTP/1.1",
            {"Host": "localhost\r\nHost: evil.example"},
            (421, "host-not-allowed"),
        ),
        ("GET /schedule/ping HTTP/1.1", HOST | {"Origin": "https://evil.example"}, (403, "cross-site")),
        ("GET /schedule/ping HTTP/1.1", HOST | {"Sec-Fetch-Site": "cross-site"}, (403, "cross-site")),
        ("GET /nope HTTP/1.1", HOST, (404, "not-found")),
        ("BREW /schedule HTTP/1.1", HOST, (405, "method-not-allowed")),
        ("POST /schedule HTTP/1.1", HOST, (415, "content-type-unsupported")),
        ("POST /schedule HTTP/1.1", JSON, (400, "body-malformed")),
        ("GET /schedule/%ff%00 HTTP/1.1", HOST, (404, "task-not-found")),
        ("GET /schedule?after=%ff HTTP/1.1", HOST, (422, "parameter-invalid")),
        ("GET /schedule/ping HTTP/1.1", HOST | {"X": "x" * 20_000}, (431, "")),
        ("POST /schedule HTTP/1.1", JSON | {"Content-Length": "4\r\nContent-Length: 5"}, (400, "")),
        ("POST /schedule HTTP/1.1", JSON | {"Transfer-Encoding": "xchunked"}, (400, "")),
        (
            "POST /schedule HTTP/1.1",
            JSON | {"Transfer-Encoding": "identity, chunked"},
            (400, "body-malformed"),
        ),
        ("GET /sch edule HTTP/1.1", HOST, (400, "")),
    ],
)
def test_what_should_not_be_served_is_not(
    server: ApiServer, line: str, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    assert problem(server.say(request(line, headers, b"0\r\n\r\n"))) == expected


def test_a_form_posted_by_a_foreign_page_runs_nothing(server: ApiServer) -> None:
    before = server.http.get("/schedule").json()
    form = b"templateFunction=touch+/tmp/owned&inputList=1"
    headers = {
        "Host": f"127.0.0.1:{server.port}",
        "Origin": "https://evil.example",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(form)),
    }
    answer = server.say(request("POST /schedule/create HTTP/1.1", headers, form))
    assert problem(answer) == (403, "cross-site")
    assert server.http.get("/schedule").json() == before


def test_a_body_with_two_lengths_hides_no_second_request(server: ApiServer) -> None:
    hidden = b"0\r\n\r\nGET /schedule/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
    both = JSON | {"Content-Length": str(len(hidden)), "Transfer-Encoding": "chunked"}
    head = request("POST /schedule HTTP/1.1", both).replace(b"Connection: close\r\n", b"")
    answer = server.say(head + hidden, seconds=1)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"hidden" not in answer


def chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


def test_a_body_in_chunks_is_a_body(server: ApiServer) -> None:
    body = chunks(b'{"templateFunction": "true", ', b'"inputList": ["a"]}')
    answer = server.say(request("POST /schedule HTTP/1.1", JSON | {"Transfer-Encoding": "chunked"}, body))
    assert answer.startswith(b"HTTP/1.1 202 ")


def test_a_body_over_the_limit_is_refused_before_it_is_read(server: ApiServer) -> None:
    headers = JSON | {"Content-Length": str(10**12)}
    assert problem(server.say(request("POST /schedule HTTP/1.1", headers))) == (413, "body-too-large")


def test_chunks_over_the_limit_are_refused(server: ApiServer) -> None:
    body = chunks(*[b"[" * 10_000] * 20)
    answer = server.say(request("POST /schedule HTTP/1.1", JSON | {"Transfer-Encoding": "chunked"}, body))
    assert problem(answer) == (413, "body-too-large")


def test_the_server_goes_on_after_refusals(server: ApiServer) -> None:
    for _ in range(20):
        answer = server.http.post(
            "/schedule", content=b"x" * (MAX_BODY + 1), headers={"content-type": "application/json"}
        )
        assert answer.status_code == 413
    assert server.create(["a"])["itemsTotal"] == 1


LINES = b'{"templateFunction": "true", "itemsTotal": 3}\n"a"\n"b"\n'


def test_a_form_of_unknown_length_is_refused(server: ApiServer) -> None:
    headers = HOST | {"Content-Type": "application/x-www-form-urlencoded", "Transfer-Encoding": "chunked"}
    answer = server.say(
        request("POST /schedule HTTP/1.1", headers, chunks(b"templateFunction=true&inputList=a"))
    )
    assert problem(answer) == (411, "length-required")


def test_a_stream_of_unknown_length_must_say_how_many_items_it_has(server: ApiServer) -> None:
    chunked = NDJSON | {"Transfer-Encoding": "chunked"}
    whole = server.say(request("POST /schedule HTTP/1.1", chunked, chunks(LINES, b'"c"')))
    assert whole.startswith(b"HTTP/1.1 202 ")
    unsaid = LINES.replace(b', "itemsTotal": 3', b"")
    assert problem(server.say(request("POST /schedule HTTP/1.1", chunked, chunks(unsaid)))) == (
        411,
        "length-required",
    )


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Transfer-Encoding": "chunked"}, chunks(LINES)[:-5]),
        ({"Transfer-Encoding": "chunked"}, chunks(LINES)[:-5] + b"ZZ\r\n"),
        ({"Content-Length": "500"}, LINES.replace(b"3", b"2")),
    ],
)
def test_a_body_that_breaks_off_makes_no_task(
    server: ApiServer, headers: dict[str, str], body: bytes
) -> None:
    sent = request("POST /schedule HTTP/1.1", NDJSON | headers, body)
    before = _task_ids(server)
    with socket.create_connection(("127.0.0.1", server.port)) as talk:
        talk.sendall(sent)
        talk.shutdown(socket.SHUT_WR)
        talk.settimeout(5)
        talk.recv(65_536)
    # The same worker has read that body to its end before it answers this many others.
    for _ in range(20):
        assert _task_ids(server) == before


def _task_ids(server: ApiServer) -> list[str]:
    return [task["taskId"] for task in server.http.get("/schedule").json()["tasks"]]


def test_waiters_beyond_the_budget_do_not_stop_others(server: ApiServer) -> None:
    task_id = server.create(["a"])["taskId"]
    with ThreadPoolExecutor(6) as pool:
        waits = [pool.submit(server.http.get, f"/schedule/{task_id}?wait=2") for _ in range(6)]
        began = time.monotonic()
        assert server.http.get("/schedule/ping").status_code == 200
        assert time.monotonic() - began < 1.5
        codes = sorted(wait.result().status_code for wait in waits)
    assert codes == [200, 200, 503, 503, 503, 503]


def test_many_requests_at_once_are_all_answered(server: ApiServer) -> None:
    with ThreadPoolExecutor(16) as pool:
        tasks = list(pool.map(lambda number: server.create([str(number)])["taskId"], range(100)))
    assert len(set(tasks)) == 100


def test_stopping_is_told_ends_waits_and_succeeds(tmp_path: Path) -> None:
    with api_server(tmp_path) as server:
        task_id = server.create(["a"])["taskId"]
        with ThreadPoolExecutor(1) as pool:
            wait = pool.submit(server.http.get, f"/schedule/{task_id}?wait=50")
            server.process.terminate()
            wait_until(
                lambda: server.http.get("/health/ready").json()["status"] == "DRAINING",
                seconds=5,
                state=lambda: server.log.read_text(),
            )
            assert wait.result(timeout=10).status_code == 200
        assert server.process.wait(10) == 0
        assert not is_open(server.port)


@pytest.mark.parametrize("of_worker", [False, True])
def test_parent_and_worker_die_together(tmp_path: Path, of_worker: bool) -> None:  # noqa: FBT001
    with api_server(tmp_path) as server:
        worker = server.worker_pid
        os.kill(worker if of_worker else server.process.pid, signal.SIGKILL)
        server.process.wait(10)
        wait_until(lambda: not Path(f"/proc/{worker}").exists() or is_dead(worker), seconds=1)
        # A process counts as dead while its last threads still end, and they hold the port.
        wait_until(lambda: not is_open(server.port), seconds=1)


def is_dead(pid: int) -> bool:
    """Whether the process is gone, or waits to be buried by a parent that is not ours."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_port_in_use_is_said_in_one_line(server: ApiServer, tmp_path: Path) -> None:
    log = tmp_path / "second"
    second = start(f"--server.port={server.port}", pids=tmp_path / "pids", log=log)
    try:
        assert second.wait(60) == EXIT_STATUS
    finally:
        second.kill()
    assert log.read_text() == f"cannot listen on 127.0.0.1:{server.port}: Address already in use\n"


def test_another_address_is_refused_unless_asked_for(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = start("--server.address=0.0.0.0", pids=tmp_path / "pids", log=log)
    try:
        assert process.wait(60) != 0
    finally:
        process.kill()
    assert "fanfold.http.insecure" in log.read_text()


def test_it_listens_on_loopback_alone(server: ApiServer) -> None:
    listening = Path("/proc/net/tcp").read_text().splitlines()[1:]
    places = [line.split()[1] for line in listening if line.split()[3] == "0A"]
    mine = [place for place in places if int(place.split(":")[1], 16) == server.port]
    assert mine == [f"0100007F:{server.port:04X}"]


def test_its_environment_is_no_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_HOST", "localhost")
    monkeypatch.setenv("HTTP_ORIGIN", "https://evil.example")
    with api_server(tmp_path) as server:
        assert problem(server.say(request("GET /schedule/ping HTTP/1.1", {}))) == (421, "host-not-allowed")
        assert server.http.get("/schedule/ping").json() == {"status": "UP"}


def test_nothing_is_printed_that_is_not_a_log_line(server: ApiServer) -> None:
    server.create(["a"])
    assert isinstance(server.process, subprocess.Popen)
    for line in server.log.read_text().splitlines():
        assert json.loads(line)["event"], line
