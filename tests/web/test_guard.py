"""The guard by itself: who is let in, by what, and what is sent with every answer."""

import asyncio

import pytest

from glassnet.web.door import Reply, deliver
from glassnet.web.guard import LOOPBACK, Guard

TOKEN = "a-token-of-some-length"


async def inside(scope, receive, send):
    await deliver(Reply(b"in", 200, b"text/plain", ((b"x-own", b"mine"),)), send)


def ask(guard, path="/", query=b"", **headers):
    """Status and headers of an answer."""
    sent = []
    told = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query,
             "headers": [(b"host", b"127.0.0.1:80"), *told]}  # fmt: skip

    async def send(message):
        sent.append(message)

    asyncio.run(guard(scope, None, send))
    return sent[0]["status"], dict(sent[0]["headers"])


def guarded(turned_away=lambda *_: None, most=10, **more):
    return Guard(inside, turned_away, TOKEN, LOOPBACK, most, ("/open",), **more)


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({"authorization": f"Bearer {TOKEN}"}, b"", 200),
        ({"authorization": TOKEN}, b"", 401),
        ({"authorization": f"bearer {TOKEN}"}, b"", 401),
        ({"cookie": f"door={TOKEN}"}, b"", 401),
        ({}, b"token=" + TOKEN.encode(), 401),
    ],
)
def test_without_a_cookie_of_its_own_only_the_header_opens(headers, query, status):
    assert ask(guarded(), query=query, **headers)[0] == status


@pytest.mark.parametrize(
    ("headers", "query", "path", "status"),
    [
        ({"cookie": f"door={TOKEN}"}, b"", "/", 200),
        ({"cookie": f"other=1; door={TOKEN}; more=2"}, b"", "/x", 200),
        ({"cookie": f"window={TOKEN}"}, b"", "/", 401),
        ({"cookie": "door="}, b"", "/", 401),
        ({}, b"token=" + TOKEN.encode(), "/", 303),
        ({}, b"token=" + TOKEN.encode(), "/x", 401),
        ({}, b"token=", "/", 401),
        ({}, b"token=%ff" + b"&a=1" * 100, "/", 401),
        ({}, b"", "/open", 200),
    ],
)
def test_with_a_cookie_a_browser_is_led_in_once(headers, query, path, status):
    assert ask(guarded(cookie="door"), path, query, **headers)[0] == status


def test_what_is_turned_away_is_told():
    told = []
    guard = guarded(lambda status, scope, text: told.append((status, scope["path"])))
    ask(guard, "/secret")
    ask(guard, "/open", origin="https://evil.example")

    assert told == [(401, "/secret"), (403, "/open")]


def test_headers_go_with_every_answer_and_an_answers_own_come_first():
    guard = guarded(headers=((b"x-own", b"the guard's"), (b"x-more", b"1")))
    let_in = ask(guard, "/open")[1]
    refused = ask(guard, "/x")[1]

    assert (let_in[b"x-own"], let_in[b"x-more"]) == (b"mine", b"1")
    assert (refused[b"x-own"], refused[b"x-more"]) == (b"the guard's", b"1")


def test_there_are_no_more_inside_than_allowed():
    assert ask(guarded(most=0), authorization=f"Bearer {TOKEN}")[0] == 503
