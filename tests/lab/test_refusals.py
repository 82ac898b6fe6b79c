"""What an attack or a mistake sends is refused with a line in the log, and nothing is lost."""

import gzip
import io
import json
import socket

import pytest

from glassnet.lab import app
from tests.lab.server import LONG, SMALL, Ear, changed, lab, wait_for


@pytest.fixture(scope="module")
def asking():
    with lab(upload=200_000, rows=1000, columns=50, runs=3, uploads=2) as found:
        found.run = found.begin()
        yield found
        assert found.do(found.run, "step", batches=2)["step"] == 2  # nothing was lost


def bare(asking, method, path, headers=None, **more):
    asking.stranger.cookies.clear()
    return asking.stranger.request(method, path, headers=headers, **more)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Basic eDp5"},
        {"cookie": "glassnet-lab=wrong"},
        {"cookie": '=;;"'},
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/catalogue", "/api/runs/x/events", "/assets/none.js"])
def test_without_the_token_nothing_is_told(asking, path, headers):
    before = len(asking.refused(status=401))
    answer = bare(asking, "GET", path, headers)

    assert answer.status_code == 401
    assert "token" in answer.json()["error"]
    assert len(asking.refused(status=401)) == before + 1


def test_a_wrong_token_in_the_address_opens_nothing(asking):
    answer = bare(asking, "GET", "/?token=wrong")
    other = bare(asking, "GET", f"/api/catalogue?token={asking.server.token}")

    assert (answer.status_code, other.status_code) == (401, 401)
    assert "set-cookie" not in answer.headers


def test_the_token_in_the_address_becomes_a_cookie_that_no_script_reads(asking):
    first = bare(asking, "GET", f"/?token={asking.server.token}")
    cookie = first.headers["set-cookie"]
    again = bare(asking, "GET", "/api/catalogue", {"cookie": cookie.split(";")[0]})

    assert first.status_code == 303
    assert first.headers["location"] == "/"
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert again.status_code == 200


def test_health_is_told_to_everybody_and_nothing_else_with_it(asking):
    assert bare(asking, "GET", "/api/healthz").json() == {"ok": True}
    assert bare(asking, "GET", "/api/healthz", {"host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "0.0.0.0", ""]
)
def test_a_name_that_was_made_to_lead_here_is_turned_away(asking, host):
    answer = asking.client.get("/api/catalogue", headers={"host": host})

    assert answer.status_code == 421
    assert asking.was_refused(status=421)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:1", "file://"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_from_elsewhere_may_not_ask(asking, origin, method):
    answer = asking.client.request(method, "/api/runs", headers={"origin": origin}, json={})

    assert answer.status_code == 403
    assert asking.was_refused(status=403)


def test_its_own_page_may_ask(asking):
    answer = asking.client.get("/api/catalogue", headers={"origin": asking.server.address})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/assets/../../lab.py",
        "/assets/%2e%2e/%2e%2e/server.py",
        "/..%2f..%2fetc%2fpasswd",
        "//etc/passwd",
        "/assets/..\\..\\server.py",
        "/index.html%00.js",
        "/lessons/01-zeros.json",
        "/server.py",
    ],
)
def test_no_path_of_the_server_can_be_read(asking, path):
    with socket.create_connection(("127.0.0.1", asking.server.port), timeout=LONG) as raw:
        head = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            f"Authorization: Bearer {asking.server.token}\r\n\r\n"
        )
        raw.sendall(head.encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))

    assert answer.split(b" ", 2)[1] in (b"404", b"400")
    assert b"root:" not in answer
    assert b"import" not in answer


def test_a_head_of_ten_megabytes_is_cut_off(asking):
    before = len(asking.refused(status=431))
    sent, answer = 0, b""
    with socket.create_connection(("127.0.0.1", asking.server.port), timeout=LONG) as raw:
        try:
            raw.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Large: ")
            for _ in range(160):
                sent += raw.send(b"a" * 65536)
        except OSError:
            pass  # it hung up
        try:
            answer = raw.recv(1000)
        except OSError:
            answer = b""

    assert sent < 10 * 2**20
    assert answer[:12] in (b"", b"HTTP/1.1 431")
    assert wait_for(lambda: len(asking.refused(status=431)) == before + 1)


def test_a_large_head_that_ends_is_refused_too(asking):
    answer = asking.client.get("/api/catalogue", headers={"x-large": "a" * 70_000})

    assert answer.status_code == 431


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[1, 2]", 400),
        (b"null", 400),
        (b'{"settings": NaN}', 400),
        (b"\xff\xfe", 400),
        (b"[" * 5000 + b"]" * 5000, 400),
        (b'{"settings": {"version": 1}, "more": 1}', 422),
        (b'{"settings": {"version": 2}}', 422),
        (b'{"settings": []}', 422),
        (b'{"settings": {"data": {"rows": 1e999}}}', 400),
        (b'{"settings": {"data": {"rows": true}}}', 422),
        (b'{"settings": {"network": {"layers": [1]}}}', 422),
        (b'{"settings": {"training": {"optimizer": "__class__"}}}', 422),
        (b'{"settings": {"data": {"upload": "../../etc/passwd", "set": "upload"}}}', 422),
        (b" " * 300_000, 413),
    ],
)
def test_a_body_that_is_no_settings_is_refused_with_its_reason(asking, body, status):
    answer = asking.client.post(
        "/api/runs", content=body, headers={"content-type": "application/json"}
    )

    assert answer.status_code == status
    assert answer.json()["error"]
    assert asking.was_refused(status=status)


def test_a_form_of_another_page_is_no_command(asking):
    answer = asking.client.post("/api/runs", data={"settings": "{}"})
    plain = asking.client.post(
        "/api/runs", content=json.dumps({}), headers={"content-type": "text/plain"}
    )

    assert (answer.status_code, plain.status_code) == (415, 415)


def upload(asking, name, body):
    return asking.client.post("/api/uploads", params={"name": name}, content=body)


LINES = b"a,b,y\n" + b"1,2,0\n3,4,1\n" * 20


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("a.csv", b"", 400),
        ("", LINES, 400),
        ("a.exe", LINES, 400),
        ("a\x00.csv", LINES, 400),
        ("x" * 300 + ".csv", LINES, 400),
        ("a.npz", LINES, 400),
        ("a.parquet", LINES, 400),
        ("a.csv", b"\xff\xfe\x00\x01", 400),
        ("a.csv.gz", LINES, 400),
        ("a.csv.gz", gzip.compress(LINES, mtime=0)[:-9], 400),
        ("a.csv.gz", gzip.compress(bytes(100 * 2**20), mtime=0), 413),
        ("a.csv.gz", gzip.compress(b"", mtime=0) + gzip.compress(LINES, mtime=0), 413),
        ("a.csv", b"a," * 100_000 + b"\n" + b"1," * 100 + b"\n", 413),
        ("a.csv", ",".join(f"c{k}" for k in range(51)).encode() + b"\n1\n", 413),
        ("a.csv", b"a\n" + b"1\n" * 1200, 413),
        ("a.csv", b"a" * 300_000, 413),
        ("a.jsonl", b"".join(b'{"k%d": 1}\n' % k for k in range(200)), 413),
        ("a.jsonl", b'{"a": ' + b"[" * 3000 + b"]" * 3000 + b"}\n", 400),
    ],
)  # fmt: skip
def test_an_upload_that_is_a_bomb_or_no_table_is_refused(asking, name, body, status):
    answer = upload(asking, name, body)

    assert answer.status_code == status, answer.text
    assert answer.json()["error"]
    assert asking.was_refused(path="/api/uploads", status=status)


def test_a_parquet_file_with_too_many_rows_is_refused_by_its_table_of_contents(asking):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    body = io.BytesIO()
    parquet.write_table(pyarrow.table({"a": [0] * 500_000}), body)

    assert len(body.getvalue()) < 200_000
    assert upload(asking, "a.parquet", body.getvalue()).status_code == 413


def test_uploads_go_under_no_name_of_their_own_and_the_oldest_gives_way(asking):
    keys = [upload(asking, f"../../{k}.csv", LINES).json()["upload"] for k in range(3)]
    told = {"version": 1, "data": {"set": "upload", "upload": keys[0]}}
    gone = asking.client.post("/api/runs", json={"settings": told})

    assert gone.status_code == 422
    assert gone.json()["where"] == "data.upload"


def test_there_are_no_more_runs_than_allowed_and_a_watched_one_is_not_ended():
    with lab(runs=2) as here:
        kept = here.begin()
        ear = Ear(here, kept)
        assert wait_for(lambda: ear.of("state"))
        others = [here.begin() for _ in range(3)]

        assert here.client.get(f"/api/runs/{kept}").status_code == 200
        assert [here.client.get(f"/api/runs/{k}").status_code for k in others] == [404, 404, 200]
        second = Ear(here, others[-1])
        assert wait_for(lambda: second.of("state"))
        full = here.client.post("/api/runs", json={"settings": SMALL})
        assert full.status_code == 429
        assert "--max-runs" in full.json()["error"]


def test_a_run_that_nobody_watches_ends_by_itself(monkeypatch):
    monkeypatch.setattr(app, "_SWEEP", 0.1)
    with lab(idle=100) as here:
        alone, watched = here.begin(), here.begin(changed(data={"seed": 2}))
        ear = Ear(here, watched)
        assert wait_for(lambda: ear.of("state"))
        for name in (alone, watched):
            here.server.lab.hub.find(name).used -= 1000

        assert wait_for(lambda: any(line.get("reason") == "nobody watched" for line in here.lines))
        assert here.client.get(f"/api/runs/{alone}").status_code == 404
        assert here.client.get(f"/api/runs/{watched}").status_code == 200
        assert not ear.of("gone")


def test_every_answer_carries_a_policy_without_eval(asking):
    for answer in (asking.client.get("/"), asking.client.get("/api/catalogue")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_is_no_http_is_refused_with_a_line_in_the_log(asking):
    before = len(asking.refused(status=400))
    with socket.create_connection(("127.0.0.1", asking.server.port), timeout=LONG) as raw:
        raw.sendall(b"\x16\x03\x01\x02\x00nonsense\r\n\r\n")
        answer = raw.recv(1000)

    assert answer.startswith(b"HTTP/1.1 400")
    assert len(asking.refused(status=400)) == before + 1
