"""Who races: glassnet, the peers that are installed, and what their times are compared with."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.bench.contract import Dtype, Entry
from glassnet.bench.peers.catalogue import ENGINES, OURS, PEERS


def lineup(
    threads: int, dtype: Dtype, peers: Sequence[str] | None
) -> tuple[list[Entry], dict[Entry, str]]:
    """The engines of a race, and in a line why others are not in it.

    On several threads glassnet also runs on one; in a dtype other than float32 every engine also
    runs in float32, so that what threads and precision bring is measured within the same rounds.

    Parameters
    ----------
    threads : int
    dtype : str
    peers : sequence of str, optional
        All that are known by default.

    Returns
    -------
    entries : list of Entry
    missing : dict
        Entry -> reason.

    Examples
    --------
    >>> entries, missing = lineup(2, "float32", [])
    >>> [(entry.engine, entry.threads) for entry in entries]
    [('glassnet', 2), ('glassnet', 1)]
    """
    entries, missing = list[Entry](), dict[Entry, str]()
    for name in [OURS, *(PEERS if peers is None else peers)]:
        entry, known = Entry(name, threads, dtype), ENGINES[name]
        if known.version is None:
            missing[entry] = f"{known.distribution} is not installed. Install glassnet[bench]."
        elif dtype not in known.dtypes:
            missing[entry] = f"it does not compute in {dtype}."
        else:
            entries.append(entry)
    single = [Entry(OURS, 1, dtype)] if threads > 1 else []
    plain = [Entry(entry.engine, threads, "float32") for entry in entries if dtype != "float32"]
    return entries + single + plain, missing
