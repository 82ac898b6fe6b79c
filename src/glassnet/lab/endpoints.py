"""The lab's answers to requests; what computes does so away from the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import parse_qs

import orjson

from glassnet.errors import GlassnetError
from glassnet.lab.hub import Full
from glassnet.lab.lab import Lab
from glassnet.lab.plain import json
from glassnet.lab.reading import Check, Reader, number, one_of, text, whole
from glassnet.lab.run import Run
from glassnet.lab.settings import Impossible
from glassnet.lab.views import NAMES, Views
from glassnet.web.door import Call, Handler, Reply, refusal
from glassnet.web.refusals import Refused

Answer = Callable[[Run, dict[str, Any]], Any]
_NO_STORE = ((b"cache-control", b"no-store"),)


class Endpoints:
    """Handlers of the lab's addresses.

    Parameters
    ----------
    lab : Lab
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    async def health(self, call: Call) -> Reply:
        """``GET /api/healthz``."""
        return _reply({"ok": True})

    async def catalogue(self, call: Call) -> Reply:
        """``GET /api/catalogue``."""
        return _reply(await asyncio.to_thread(self._lab.catalogue))

    async def begin(self, call: Call) -> Reply:
        """``POST /api/runs``."""
        told = parsed(call, {"settings": _anything})
        return _reply(await _computed(self._lab.begin, told.get("settings", {})))

    async def show(self, call: Call) -> Reply:
        """``GET /api/runs/{run}``."""
        return _reply(await _computed(self._lab.told, self._run(call)))

    async def change(self, call: Call) -> Reply:
        """``PUT /api/runs/{run}``."""
        run, told = self._run(call), parsed(call, {"settings": _anything})
        return _reply(await _computed(self._lab.change, run, told.get("settings", {})))

    async def end(self, call: Call) -> Reply:
        """``DELETE /api/runs/{run}``."""
        run = self._run(call)
        await _computed(self._lab.hub.end, run.name, "it was closed")
        return _reply({"ended": True})

    async def command(self, call: Call) -> Reply:
        """``POST /api/runs/{run}/command``."""
        run = self._run(call)
        told = _object(call)
        do = told.pop("do", None)
        command = _COMMANDS.get(do) if isinstance(do, str) else None
        if command is None:
            raise Refused(422, f"do must be one of {', '.join(_COMMANDS)}; got {do!r:.40}.")
        state = await _computed(command, self._lab, run, told)
        return _reply({"state": state})

    async def upload(self, call: Call) -> Reply:
        """``POST /api/uploads?name=…``."""
        asked = parse_qs(call.query.decode("latin-1"), max_num_fields=10)
        name = asked.get("name", [""])[0]
        return _reply(await _computed(self._lab.uploads.take, name, call.body))

    async def microscope(self, call: Call) -> Reply:
        """``POST /api/runs/{run}/microscope``."""
        checks: dict[str, Check] = {
            "rows": _rows, "samples": one_of("rows", "columns"), "stage": whole(0, 1000)
        }  # fmt: skip
        return await self._of_run(call, checks, self._lab.microscope)

    async def derive(self, call: Call) -> Reply:
        """``POST /api/runs/{run}/derive``."""
        place = whole(0, 100_000)
        checks = {"row": place, "layer": whole(1, 100), "unit": place, "input": place}
        return await self._of_run(call, checks, self._lab.derive)

    async def diagnose(self, call: Call) -> Reply:
        """``POST /api/runs/{run}/diagnose``."""
        clinic = self._lab.clinic
        return await self._of_run(call, {}, lambda run, _: {"findings": clinic.look(run)})

    async def prove(self, call: Call) -> Reply:
        """``POST /api/runs/{run}/prove``."""
        checks = {"finding": text}
        return await self._of_run(
            call, checks, lambda run, told: self._lab.prove(run, told.get("finding", ""))
        )

    async def cure(self, call: Call) -> Reply:
        """``POST /api/runs/{run}/cure``."""
        checks = {"finding": text}
        return await self._of_run(
            call, checks, lambda run, told: self._lab.cure(run, told.get("finding", ""))
        )

    async def take(self, call: Call) -> Reply:
        """``GET /api/runs/{run}/take/{what}``."""
        found = await _computed(self._lab.take, self._run(call), call.path["what"])
        if found is None:
            raise Refused(404, "there is nothing of that name to take.")
        return found

    async def _of_run(self, call: Call, checks: Mapping[str, Check], answer: Answer) -> Reply:
        """What a function makes of a run and checked fields."""
        run = self._run(call)
        return _reply(await _computed(answer, run, parsed(call, checks)))

    def _run(self, call: Call) -> Run:
        run = self._lab.hub.find(call.path["run"])
        if run is None:
            raise Refused(404, "there is no such run; it may have ended.")
        return run


def guarded(handler: Handler) -> Handler:
    """A handler whose refusals carry the places of what cannot be."""

    async def answer(call: Call) -> Reply:
        try:
            return await handler(call)
        except Impossible as error:
            told = [{"where": each.where, "message": each.message} for each in error.faults]
            body = {"error": str(error), "where": told[0]["where"], "errors": told}
            return Reply(json(body), 422, headers=_NO_STORE, error=str(error))
        except Full as error:
            return refusal(429, str(error))
        except GlassnetError as error:
            return refusal(422, str(error))
        except TimeoutError:
            return refusal(503, "the run is busy with a long step. Try again.")

    return answer


def parsed(call: Call, checks: Mapping[str, Check]) -> dict[str, Any]:
    """The fields of a body in JSON, checked.

    Raises
    ------
    Refused, Impossible
    """
    return _checked(_object(call), checks)


def _checked(told: dict[str, Any], checks: Mapping[str, Check]) -> dict[str, Any]:
    reader = Reader()
    found = reader.fields(told, "", checks)
    if reader.faults:
        raise Impossible(reader.faults)
    return found


def _object(call: Call) -> dict[str, Any]:
    kind = call.headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if kind != b"application/json":
        raise Refused(415, "send JSON, with Content-Type: application/json.")
    try:
        value = orjson.loads(call.body)
    except orjson.JSONDecodeError as error:
        raise Refused(400, f"the body must be JSON: {error}.") from error
    if not isinstance(value, dict):
        raise Refused(400, f"the body must be a JSON object; got {value!r:.40}.")
    return cast("dict[str, Any]", value)


async def _computed(function: Callable[..., Any], *args: Any) -> Any:
    return await asyncio.to_thread(function, *args)


def _reply(value: Any) -> Reply:
    return Reply(json(value), headers=_NO_STORE)


def _anything(value: Any) -> None:
    return None


def _rows(value: Any) -> str | None:
    listed = cast("list[Any]", value) if isinstance(value, list) else []
    place = whole(0, 100_000)
    if value == "batch" or (0 < len(listed) <= 256 and all(place(k) is None for k in listed)):
        return None
    return 'it must be "batch", or 1 to 256 numbers of training rows.'


def _plane(value: Any) -> str | None:
    listed = cast("list[Any]", value) if isinstance(value, list) else []
    good = len(listed) == 2 and all(whole(0, 4096)(each) is None for each in listed)
    return None if good and listed[0] != listed[1] else "it must be two different inputs' numbers."


def _view_names(value: Any) -> str | None:
    listed = cast("list[Any]", value) if isinstance(value, list) else [None]
    known = one_of(*NAMES)
    return next((text for text in map(known, listed) if text is not None), None)


def _step(lab: Lab, run: Run, told: dict[str, Any]) -> dict[str, Any]:
    return run.step(_checked(told, {"batches": whole(1, 100_000)}).get("batches", 1))


def _speed(lab: Lab, run: Run, told: dict[str, Any]) -> dict[str, Any]:
    checks = {"steps_per_second": number(0, 1e6, above=True)}
    return run.at_speed(_checked(told, checks).get("steps_per_second"))


def _show(lab: Lab, run: Run, told: dict[str, Any]) -> dict[str, Any]:
    checks: dict[str, Check] = {
        "names": _view_names, "plane": _plane, "resolution": whole(20, 120)
    }  # fmt: skip
    found = _checked(told, checks)
    now = run.views
    plane = tuple(found.get("plane", now.plane))
    inputs = run.experiment.rows.X.shape[1]
    if inputs > 1 and max(plane) >= inputs:
        raise Refused(422, f"the plane must be of inputs 0 to {inputs - 1}; got {list(plane)}.")
    names = frozenset(found.get("names", now.names))
    return run.show(Views(names, plane, found.get("resolution", now.resolution)))


def _fork(lab: Lab, run: Run, told: dict[str, Any]) -> dict[str, Any]:
    checks: dict[str, Check] = {"settings": _anything, "from": one_of("now", "start")}
    found = _checked(told, checks)
    return lab.fork(run, found.get("settings", {}), start=found.get("from") == "start")


def _plain(method: Callable[[Run], dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def command(lab: Lab, run: Run, told: dict[str, Any]) -> dict[str, Any]:
        _checked(told, {})
        return method(run)

    return command


def _restart(lab: Lab, run: Run, told: dict[str, Any]) -> dict[str, Any]:
    state = _plain(Run.restart)(lab, run, told)
    lab.clinic.forget(run)  # after it: until then the doctor may come round to what was
    return state


_COMMANDS: dict[str, Callable[[Lab, Run, dict[str, Any]], dict[str, Any]]] = {
    "play": _plain(Run.play),
    "pause": _plain(Run.pause),
    "step": _step,
    "epoch": _plain(Run.epoch),
    "restart": _restart,
    "speed": _speed,
    "views": _show,
    "fork": _fork,
    "unfork": _plain(Run.unfork),
}
