"""The container of model files gives back every bit, and refuses a file with any bit changed."""

import hashlib
import json
import os
import random
import struct

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from glassnet.errors import BadFile, FileFault, InvalidValue
from glassnet.files import header as module
from glassnet.files.header import read_container, write_container

DTYPES = ["f8", "f4", "i8", "i4", "u8", "u4", "u1", "?"]
SMALL = {
    "W": np.array([[1.5, -0.0, np.nan]], dtype=np.float32),
    "b": np.array([True, False, True]),
    "t": np.array(7, dtype=np.int64),
    "none": np.zeros((0, 3)),
}
BODY = {"classes": ["é", "b"], "rate": 1e-3, "nested": {"t": 3, "none": None}}


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "m.glassnet"
    write_container(path, kind="model", header=BODY, arrays=SMALL)
    return path


def bits(array):
    return array.dtype.str, array.shape, array.tobytes()


def split(data):
    """The header, as Python values, and the payload of a container, by the format's definition."""
    (size,) = struct.unpack("<Q", data[:8])
    table = json.loads(data[8 : 8 + size])
    fields = json.loads(table.pop("__metadata__")["glassnet"])
    return fields, table, data[8 + size :]


def joined(fields, table, payload, *, hashed=True, text=None, head=None):
    """A container of these parts; with right hashes, as someone who means harm would make it."""

    def dump(value):
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    fields = dict(fields)
    if hashed:
        fields["payload_sha256"] = hashlib.sha256(payload).hexdigest()
        fields.pop("header_sha256", None)
        signed = dump({"header": fields, "tensors": table}).encode()
        fields["header_sha256"] = hashlib.sha256(signed).hexdigest()
    if head is None:
        metadata = {"glassnet": dump(fields) if text is None else text}
        head = dump({"__metadata__": metadata, **table}).encode()
    head += b" " * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head + payload


def refused(path, data, words=None, kind="model"):
    path.write_bytes(data)
    with pytest.raises(BadFile, match=words) as caught:
        read_container(path, kind=kind)
    message = str(caught.value)
    assert message.startswith(f"{path} ")
    assert "\n" not in message
    return message


def test_header_and_arrays_come_back_bit_for_bit(small):
    found = read_container(small, kind="model")
    assert found.header == BODY
    assert {name: bits(array) for name, array in found.arrays.items()} == {
        name: bits(array) for name, array in SMALL.items()
    }
    assert all(array.flags.writeable and array.flags.aligned for array in found.arrays.values())


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=5),
        st.sampled_from(DTYPES).flatmap(
            lambda dtype: npst.arrays(dtype, npst.array_shapes(min_dims=0, min_side=0, max_dims=4))
        ),
        max_size=5,
    )
)
def test_any_arrays_come_back_bit_for_bit_and_safetensors_agrees(tmp_path_factory, arrays):
    path = tmp_path_factory.mktemp("round") / "m"
    write_container(path, kind="model", header={}, arrays=arrays)
    expected = {name: bits(array) for name, array in arrays.items()}
    found = read_container(path, kind="model").arrays
    assert {name: bits(array) for name, array in found.items()} == expected
    theirs = safetensors.numpy.load_file(path)
    assert {name: bits(array) for name, array in theirs.items()} == expected


def test_the_same_content_gives_the_same_bytes(small, tmp_path):
    other = tmp_path / "other"
    backwards = dict(reversed(list(SMALL.items())))
    write_container(other, kind="model", header=dict(reversed(BODY.items())), arrays=backwards)
    assert other.read_bytes() == small.read_bytes()


def test_views_in_any_order_are_written_as_they_read(tmp_path):
    grid = np.arange(24.0).reshape(4, 6)
    swapped = np.arange(5, dtype=">i4")
    arrays = {"columns": grid.T, "steps": grid[::2, ::-3], "swapped": swapped}
    write_container(tmp_path / "m", kind="model", header={}, arrays=arrays)
    found = read_container(tmp_path / "m", kind="model").arrays
    assert all(np.array_equal(found[name], arrays[name]) for name in arrays)


def test_every_array_starts_at_a_multiple_of_its_item_size(small):
    data = small.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    _, table, _ = split(data)
    for name, entry in table.items():
        assert (8 + size + entry["data_offsets"][0]) % SMALL[name].itemsize == 0


def test_the_hashes_are_those_that_the_docstring_describes(small):
    fields, table, payload = split(small.read_bytes())
    assert joined(fields, table, payload, hashed=True) == small.read_bytes()


def test_every_single_flipped_bit_is_noticed(small):
    data = small.read_bytes()
    for place in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[place] ^= 1 << bit
            refused(small, flipped)


def test_every_truncation_is_noticed(small):
    data = small.read_bytes()
    for size in range(len(data)):
        refused(small, data[:size])


@pytest.mark.parametrize("extra", [b"\0", b" ", b"}" * 8, bytes(64)])
def test_bytes_at_the_end_are_noticed(small, extra):
    refused(small, small.read_bytes() + extra, "damaged")


def test_random_damage_is_noticed(small):
    data, rng = small.read_bytes(), random.Random(0)
    for _ in range(1500):
        mutant = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            first, last = sorted(rng.sample(range(len(mutant) + 1), 2))
            kind = rng.randrange(4)
            if kind == 0:
                del mutant[first : min(last, first + 9)]
            elif kind == 1:
                mutant[first:first] = rng.randbytes(rng.randint(1, 9))
            elif kind == 2:
                mutant[first:last] = mutant[first:last][::-1]
            else:
                mutant[first : first + 1] = rng.randbytes(1)
        if mutant != data:
            refused(small, mutant)


@given(data=st.binary(max_size=200))
def test_bytes_of_any_kind_are_refused_and_never_anything_else(tmp_path_factory, data):
    refused(tmp_path_factory.getbasetemp() / "junk", data)


def test_a_header_made_with_right_hashes_is_still_checked(small):
    # A hash proves no good will: these tables reach outside the payload or take a part twice.
    fields, table, payload = split(small.read_bytes())
    assert table["t"]["data_offsets"] == [0, 8]

    def forged(words, name="t", **changes):
        entry = {**table.get(name, {}), **changes}
        entry = {key: value for key, value in entry.items() if value is not None}
        refused(small, joined(fields, {**table, name: entry}, payload), words)

    forged("unknown dtype 'F16'", dtype="F16")
    forged("unknown dtype", dtype=["F64"])
    forged("impossible shape", shape=[-1])
    forged("impossible shape", shape=[True])
    forged("impossible shape", shape=[1.0])
    forged("impossible shape", shape=[1] * 33)
    forged("impossible shape", shape="")
    forged("impossible shape", shape=[2**48 + 1])
    forged("impossible shape", "none", shape=[0, 2**40, 2**40])
    forged("does not take the bytes", shape=[2])
    forged("does not take the bytes", shape=[2**32, 2**15])
    forged("impossible offsets", data_offsets=[8, 0])
    forged("impossible offsets", data_offsets=[-8, 0])
    forged("impossible offsets", data_offsets=[0])
    forged("impossible offsets", data_offsets=[0, 2**63 + 1])
    forged("begins at byte", data_offsets=[8, 16])
    forged("begins at byte", data_offsets=[0, 8], name="copy", dtype="I64", shape=[])
    forged("is not dtype, shape and data_offsets", dtype=None)
    forged("is not dtype, shape and data_offsets", strides=[1])
    without = {name: entry for name, entry in table.items() if name != "b"}
    refused(small, joined(fields, without, payload), "21 bytes|20 bytes|bytes and")
    odd = payload[:-1] + b"\2"
    refused(small, joined(fields, table, odd), "neither 0 nor 1")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": 3}, "'kind'"),
        ({"body": []}, "'body'"),
        ({"format_version": True}, "'format_version'"),
        ({"min_reader_version": 0}, "impossible"),
        ({"min_reader_version": 1, "format_version": 0}, "impossible"),
        ({"writer": None}, "'writer'"),
        ({"surplus": 1}, "not known"),
    ],
)
def test_fields_of_the_header_are_checked_too(small, changes, words):
    fields, table, payload = split(small.read_bytes())
    refused(small, joined({**fields, **changes}, table, payload), words)


def test_a_key_that_stands_twice_is_refused_though_other_readers_take_the_last(small):
    fields, table, payload = split(small.read_bytes())
    whole = joined(fields, table, payload)
    (size,) = struct.unpack("<Q", whole[:8])
    head = whole[8 : 8 + size].rstrip()
    twice = head[:-1] + b',"t":' + json.dumps(table["t"], separators=(",", ":")).encode() + b"}"
    refused(small, joined(fields, table, payload, head=twice), "'t' stands twice")
    inner = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    doubled = inner[:-1] + ',"writer":"9"}'
    refused(small, joined(fields, table, payload, text=doubled), "'writer' stands twice")


def test_metadata_of_others_beside_ours_is_refused(small):
    fields, table, payload = split(small.read_bytes())
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for notes in ({"glassnet": text, "more": "x"}, {"glassnet": 1}):
        head = json.dumps(
            {"__metadata__": notes, **table},
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        )
        refused(small, joined(fields, table, payload, head=head.encode()), "metadata")


def test_a_file_of_another_kind_says_what_it_is(small):
    message = refused(small, small.read_bytes(), kind="checkpoint")
    assert "is a glassnet model; a checkpoint is needed here" in message


def test_a_file_of_a_later_format_says_which_release_reads_it(small):
    fields, table, payload = split(small.read_bytes())
    later = {**fields, "format_version": 3, "min_reader_version": 2, "writer": "2.4.0"}
    table["t"]["dtype"] = "F4"  # what that format may bring along
    message = refused(small, joined(later, table, payload))
    assert "needs glassnet 2.4.0 or newer" in message
    assert "Upgrade" in message


def test_a_later_format_that_this_reader_understands_is_read(small):
    fields, table, payload = split(small.read_bytes())
    small.write_bytes(joined({**fields, "format_version": 2}, table, payload))
    assert read_container(small, kind="model").format_version == 2


def test_a_safetensors_file_of_others_is_no_glassnet_file(tmp_path):
    path = tmp_path / "theirs"
    safetensors.numpy.save_file({"W": np.eye(2)}, path)
    refused(path, path.read_bytes(), "not a file that glassnet wrote")


@pytest.mark.parametrize("data", [b"", b"PK\3\4" + bytes(60), b"\x80\x04\x95", b"a,b\n1,2\n"])
def test_files_of_other_formats_are_refused(tmp_path, data):
    refused(tmp_path / "x", data, "not a file that glassnet wrote")


def test_a_length_that_would_take_all_memory_is_refused_before_anything_is_read(small):
    data = bytearray(small.read_bytes())
    for size in (2**64 - 1, 2**63, module.MAX_HEADER_BYTES + 1, len(data)):
        data[:8] = struct.pack("<Q", size)
        refused(small, data, "ends within its header")


def test_padding_has_one_length_only(small):
    fields, table, payload = split(small.read_bytes())
    head = joined(fields, table, b"")[8:]
    for padded in (head + b" " * 8, head.rstrip() + b" " * (-len(head.rstrip()) % 8 + 1)):
        refused(small, struct.pack("<Q", len(padded)) + padded + payload, "not padded")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(small, monkeypatch):
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 100)
    refused(small, small.read_bytes(), "more than any file")


def test_absent_files_folders_and_pipes_are_told_apart(tmp_path):
    with pytest.raises(FileFault, match="there is no such file"):
        read_container(tmp_path / "absent", kind="model")
    with pytest.raises(FileFault, match="it is a folder"):
        read_container(tmp_path, kind="model")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadFile, match="device or a pipe"):
        read_container(tmp_path / "pipe", kind="model")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"rate": float("nan")}, "finite"),
        ({"scale": {"x": [float("inf")]}}, "finite"),
        ({"levels": {1: "a"}}, "the key 1 is not text"),
        ({"seed": np.int64(3)}, "int64"),
        ({"text": "\ud800"}, "surrogates"),
    ],
)
def test_a_header_that_could_not_come_back_is_not_written(tmp_path, header, words):
    with pytest.raises(InvalidValue, match=words):
        write_container(tmp_path / "m", kind="model", header=header, arrays={})
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    "array", [np.ones(2, np.float16), np.array(["a"]), np.array([None]), np.ones(2, complex)]
)
def test_an_array_that_the_format_cannot_hold_is_not_written(tmp_path, array):
    with pytest.raises(InvalidValue, match=r"'W'.*Convert it"):
        write_container(tmp_path / "m", kind="model", header={}, arrays={"W": array})
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("name", ["", "__metadata__"])
def test_an_array_needs_a_name_of_its_own(tmp_path, name):
    with pytest.raises(InvalidValue, match="name of its own"):
        write_container(tmp_path / "m", kind="model", header={}, arrays={name: np.ones(1)})


def test_a_header_beyond_the_cap_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_HEADER_BYTES", 1000)
    with pytest.raises(InvalidValue, match="below 1,000 bytes"):
        write_container(tmp_path / "m", kind="model", header={"x": "a" * 2000}, arrays={})


def test_a_long_text_in_a_header_is_neither_written_nor_read(small, tmp_path):
    with pytest.raises(InvalidValue, match="more than 65,536 characters"):
        write_container(tmp_path / "m", kind="model", header={"x": "a" * 70_000}, arrays={})
    fields, table, payload = split(small.read_bytes())
    for body in ({"x": ["a" * 70_000]}, {"a" * 70_000: 1}):
        refused(small, joined({**fields, "body": body}, table, payload), "more than 65,536")


def test_more_values_than_a_header_of_ours_has_are_neither_written_nor_read(small, tmp_path):
    many = {"x": [0] * 400_000}
    with pytest.raises(InvalidValue, match="more than 400,000 values"):
        write_container(tmp_path / "m", kind="model", header=many, arrays={})
    fields, table, payload = split(small.read_bytes())
    refused(small, joined({**fields, "body": many}, table, payload), "more than 400,000 values")
