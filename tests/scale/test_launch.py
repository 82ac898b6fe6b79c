"""Ranks of this machine: started together, ended together, started again."""

import os
import signal
import sys
import threading
import time

import pytest

from glassnet.errors import RankLost
from glassnet.scale.launch import launch, rank_main

NOTED = "import os, sys; open(os.path.join(sys.argv[1], os.environ['RANK']), 'a').write"


def command(folder, more=""):
    """Ranks that note attempt, world and port in a file each, and then do more."""
    place = "'{TORCHELASTIC_RESTART_COUNT} {WORLD_SIZE} {MASTER_PORT}\\n'.format(**os.environ)"
    return [sys.executable, "-c", f"{NOTED}({place})\n{more}", str(folder)]


def test_every_rank_finds_its_place_in_its_environment(tmp_path):
    assert launch(command(tmp_path), 3) == 0

    noted = {file.name: file.read_text("utf-8").split() for file in tmp_path.iterdir()}
    assert sorted(noted) == ["0", "1", "2"]
    assert len({tuple(words) for words in noted.values()}) == 1
    assert noted["0"][:2] == ["0", "3"]


def test_a_killed_rank_has_all_started_again(tmp_path):
    dies = (
        "import signal, time\n"
        "if os.environ['RANK'] == '1' and os.environ['TORCHELASTIC_RESTART_COUNT'] == '0':\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "if os.environ['TORCHELASTIC_RESTART_COUNT'] == '0': sys.exit(1)\n"
    )
    said = []

    status = launch(command(tmp_path, dies), 2, restarts=2, say=said.append)

    assert status == 0
    for rank in "01":
        attempts = [line[0] for line in (tmp_path / rank).read_text("utf-8").splitlines()]
        assert attempts == ["0", "1"]
    assert said == ["rank 1 of 2 was killed (signal 9); all ranks start again (restart 1 of 2)."]


def test_ranks_that_are_killed_every_time_are_given_up(tmp_path):
    dies = "import signal\nif os.environ['RANK'] == '0': os.kill(os.getpid(), signal.SIGKILL)"

    with pytest.raises(RankLost, match=r"rank 0 of 2 was killed \(signal 9\) after 1 restarts"):
        launch(command(tmp_path, dies), 2, restarts=1)


def test_a_rank_that_gives_up_by_itself_is_not_started_again(tmp_path):
    gives_up = "if os.environ['RANK'] == '1': sys.exit('the disk is full')"
    said = []

    status = launch(command(tmp_path, gives_up), 2, restarts=5, say=said.append)

    assert status == 1
    assert said == ["rank 1 failed: the disk is full"]
    assert len((tmp_path / "1").read_text("utf-8").splitlines()) == 1


def test_the_first_rank_s_status_is_that_of_all(tmp_path):
    assert launch(command(tmp_path, "sys.exit(2 + int(os.environ['RANK']))"), 2) == 2


def test_a_rank_that_hangs_after_another_failed_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("glassnet.scale.launch._GRACE", 0.5)
    hangs = "import time\nif os.environ['RANK'] == '0': time.sleep(600)\nsys.exit(3)"
    began = time.monotonic()

    assert launch(command(tmp_path, hangs), 2) in (1, 3)
    assert time.monotonic() - began < 500


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, None)])
def test_a_signal_to_the_launcher_reaches_every_rank(tmp_path, number, status):
    """Each notes that it waits, and that it heard Ctrl-C; SIGTERM ends them without a word."""
    waits = (
        "import time\n"
        "note = lambda word: print(word, file=open(f'{sys.argv[1]}/' + os.environ['RANK'], 'a'))\n"
        "try:\n"
        "    note('waits')\n"
        "    time.sleep(600)\n"
        "except KeyboardInterrupt:\n"
        "    note('interrupted')\n"
        "    sys.exit(130)\n"
    )
    numbers, before = [], signal.getsignal(number)

    def ready():
        noted = [file.read_text("utf-8") for file in tmp_path.iterdir()]
        return sum("waits" in text for text in noted) == 2 and signal.getsignal(number) != before

    def press():
        until = time.monotonic() + 300
        while not ready() and time.monotonic() < until:
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    def started(those):
        numbers.extend(those)
        threading.Thread(target=press).start()

    if status is None:
        with pytest.raises(SystemExit):
            launch(command(tmp_path, waits), 2, started=started)
    else:
        assert launch(command(tmp_path, waits), 2, started=started) == status
        assert all("interrupted" in (tmp_path / rank).read_text("utf-8") for rank in "01")
    for each in numbers:
        with pytest.raises(ProcessLookupError):
            os.kill(each, 0)


def test_only_the_first_rank_speaks(tmp_path, capfd):
    assert launch(command(tmp_path, "print('rank', os.environ['RANK'])"), 3) == 0

    assert capfd.readouterr().out == "rank 0\n"


def test_a_job_finds_its_place_and_leaves_the_environment_as_it_was(monkeypatch):
    monkeypatch.setenv("RANK", "7")
    monkeypatch.delenv("MASTER_PORT", raising=False)
    place = {"rank": 1, "world": 2, "address": "127.0.0.1", "port": 4000, "attempt": 3}

    names = ("RANK", "WORLD_SIZE", "MASTER_PORT", "TORCHELASTIC_RESTART_COUNT")
    found = rank_main(lambda: [os.environ[name] for name in names], **place)

    assert found == ["1", "2", "4000", "3"]
    assert os.environ["RANK"] == "7"
    assert "MASTER_PORT" not in os.environ
