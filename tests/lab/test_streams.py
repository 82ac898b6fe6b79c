"""Those who watch get the newest frame, each at their own pace, and hold nothing up."""

import asyncio
import itertools
import json
import socket

from glassnet.lab.listeners import Listener, Painted
from glassnet.lab.record import Curve, Record
from tests.lab.server import SMALL, Ear, lab, wait_for


def listened(put, take):
    """What a listener gives that was offered things before it took any."""

    async def both():
        listener = Listener(asyncio.get_running_loop(), lambda: None)
        put(listener)
        return [await listener.take() for _ in range(take)], listener

    return asyncio.run(both())


def frame(number, curve):
    return Painted(b'{"step":%d}' % number, curve)


def test_of_a_thousand_frames_one_waits_the_newest():
    curve = Curve()

    def put(listener):
        for number in range(1000):
            curve.add([number, number, 0.5, 0.5, 0.5, 0.5])
            listener.put("frame", frame(number, curve))
        listener.put("state", {"step": 999})

    (state, newest), listener = listened(put, 2)
    told = json.loads(newest[1])

    assert state == ("state", b'{"step":999}')
    assert told["step"] == 999
    assert told["curves"]["steps"] == list(range(1000))
    assert listener._frame is None


def test_what_queues_is_bounded():
    (events, _), count = (
        listened(lambda one: [one.put("state", {"k": k}) for k in range(999)], 64),
        64,
    )

    assert [json.loads(data)["k"] for _, data in events] == list(range(999 - count, 999))


def test_the_parts_of_a_curve_follow_each_other_and_after_a_thinning_all_comes_again():
    curve, place, kept = Curve(), None, []
    for number in range(10_000):
        curve.add([number, 0, 0, 0, 0, 0])
        if number % 7 == 0:
            part, place = curve.since(place)
            kept = kept if part["from"] else []
            kept += part["steps"]

    assert kept == sorted(set(kept))
    assert kept[0] == 0
    assert kept[-1] >= 10_000 - 2 * 7 - 8
    assert len(kept) <= 3000
    assert max(b - a for a, b in itertools.pairwise(kept)) <= 8


def test_a_record_of_a_long_run_is_bounded_and_exact_at_its_beginning():
    record = Record("accuracy")
    for epoch in range(101_000):
        record.add({"epoch": epoch + 1, "step": epoch, "J": 1 / (epoch + 1), "rate": 0.1})

    assert record.epochs == 101_000
    assert record.column("J") == [1 / (k + 1) for k in range(100_000)]
    assert len(record.curve.since(None)[0]["steps"]) <= 1500


def test_many_clients_a_stalled_one_and_closed_tabs_leave_training_as_it_is():
    with lab(streams=30) as asking:
        quiet, watched = asking.begin(SMALL), asking.begin(SMALL)
        with socket.socket() as stalled:
            stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stalled.connect(("127.0.0.1", asking.server.port))
            head = (
                f"GET /api/runs/{watched}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Authorization: Bearer {asking.server.token}\r\n\r\n"
            )
            stalled.sendall(head.encode())
            ears = [Ear(asking, watched) for _ in range(15)]
            asking.do(watched, "speed", steps_per_second=3000)
            asking.do(watched, "play")
            assert wait_for(lambda: all(len(ear.of("frame")) > 4 for ear in ears))
            for ear in ears[1:]:  # tabs that close in the midst of a run
                ear.enough.set()
            step = asking.state(watched)["step"]
            assert wait_for(lambda: asking.state(watched)["step"] > step + 200)
        run = asking.server.lab.hub.find(watched)
        assert wait_for(lambda: run.watched == 1)
        asking.do(watched, "pause")
        epochs = asking.do(watched, "epoch")["epoch"]
        asking.step_to(quiet, 5 * epochs)

        assert asking.take(quiet, "history").json() == asking.take(watched, "history").json()


def test_there_are_no_more_streams_than_allowed():
    with lab(streams=2) as asking:
        run = asking.begin()
        ears = [Ear(asking, run) for _ in range(2)]
        assert wait_for(lambda: all(ear.of("state") for ear in ears))

        assert asking.client.get(f"/api/runs/{run}/events").status_code == 503
        assert asking.client.get("/api/runs/none/events").status_code == 404
