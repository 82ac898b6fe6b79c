"""The whole C file and its header."""

from __future__ import annotations

from dataclasses import dataclass

from glassnet.export.c.answering import Ending, ending, output_type
from glassnet.export.c.floats import Body
from glassnet.export.c.kinds import FLOAT, Kind
from glassnet.export.c.row import Reading
from glassnet.export.c.spelling import comment, double_literal, table, text_literal
from glassnet.export.source import Source

_HEADERS = ("float.h", "math.h", "stddef.h", "stdint.h", "string.h")


@dataclass(frozen=True)
class CText:
    """The texts of ``name.c`` and ``name.h``, and the bytes of their constants."""

    source: str
    header: str
    bytes: int


def c_text(
    found: Source, name: str, read: Reading, body: Body, about: str, kind: Kind = FLOAT
) -> CText:
    """Write both files."""
    end = ending(found, body, kind)
    return CText(
        _source(found, name, read, body, end, about, kind),
        _header(found, name, read, about, kind),
        read.bytes + body.bytes + end.bytes + _class_bytes(found),
    )


def _class_bytes(found: Source) -> int:
    """Bytes that the classes take: texts with their pointers, or numbers of 8 bytes."""
    classes = found.answer.classes
    return sum(8 + (len(c.encode("utf-8")) + 1 if isinstance(c, str) else 0) for c in classes)


def _header(found: Source, name: str, read: Reading, about: str, kind: Kind) -> str:
    upper, answer = name.upper(), found.answer
    lines = [
        f"/* {name}.h: {comment(about)} */",
        f"#ifndef GLASSNET_{upper}_H",
        f"#define GLASSNET_{upper}_H",
        "",
        "#ifdef __cplusplus",
        'extern "C" {',
        "#endif",
        "",
        f"#define {upper}_INPUTS {len(found.names)}",
        f"#define {upper}_OUTPUTS {found.outputs}",
        "",
        read.declaration,
        "",
        _meaning(found),
        kind.spelled(
            f"int {name}_predict({read.parameter}, {output_type(found)} y[{upper}_OUTPUTS]);"
        ),
    ]
    if answer.of_classes:
        each = _class_type(found)
        lines += ["", f"extern const {each}{name}_classes[{len(answer.classes)}];"]
        if answer.kind != "multilabel":
            lines += [
                "",
                f"/* The number of the predicted class in {name}_classes; -1 where y is NAN. */",
                kind.spelled(f"int {name}_class(const float y[{upper}_OUTPUTS]);"),
            ]
    lines += ["", "#ifdef __cplusplus", "}", "#endif", "", "#endif", ""]
    return "\n".join(lines)


def _meaning(found: Source) -> str:
    answer = found.answer
    if answer.kind == "outputs":
        what = "the outputs of the network"
    elif answer.kind == "numbers":
        of = ", of each quantile in order" if answer.ordered else ""
        what = f"the prediction of {comment(found.target)}{of}"
    elif answer.kind == "multilabel":
        what = "the probability of each label"
    else:
        what = "the probability of each class, in the order of the classes"
    each = "".join(f"\n   y[{i}] {comment(name)}" for i, name in enumerate(answer.names))
    what += f":{each}\n  " if each else "."
    return (
        f"/* Fills y with {what}\n"
        "   Returns 0; or -1, with NAN in y, where a number of the row is infinite or too large. */"
    )


def _class_type(found: Source) -> str:
    kind = type(found.answer.classes[0])
    return {str: "char *const ", float: "double "}.get(kind, "long long ")


def _classes(found: Source, name: str) -> str:
    classes = found.answer.classes
    if isinstance(classes[0], str):
        values = [text_literal(each) for each in classes]
    elif isinstance(classes[0], float):
        values = [double_literal(each) for each in classes]
    else:
        values = [f"{int(each)}LL" for each in classes]
    kind = _class_type(found).rstrip()
    return table(f"{name}_classes", kind, values).removeprefix("static ")


def _source(
    found: Source, name: str, read: Reading, body: Body, end: Ending, about: str, kind: Kind
) -> str:
    pieces = [
        f"/* {name}.c: {comment(about)} */",
        f'#include "{name}.h"\n\n' + "\n".join(f"#include <{header}>" for header in _HEADERS),
        *(part for piece in (read, body, end) for part in piece.constants if part),
        *(kind.spelled(part) for piece in (read, body, end) for part in piece.functions),
        *([kind.spelled(_refuse(found))] if "refuse(y)" in "".join(read.statements) else []),
        kind.spelled(_predict(found, name, read, body, end)),
    ]
    if found.answer.of_classes:
        pieces.append(_classes(found, name))
        if found.answer.kind != "multilabel":
            pieces.append(kind.spelled(_class(found, name)))
    return "\n\n".join(pieces) + "\n"


def _refuse(found: Source) -> str:
    return (
        f"static int refuse({output_type(found)} *y)\n{{\n    int i;\n"
        f"    for (i = 0; i < {found.outputs}; i++) y[i] = NAN;\n    return -1;\n}}"
    )


def _predict(found: Source, name: str, read: Reading, body: Body, end: Ending) -> str:
    statements = [*read.statements, *body.statements, *end.statements]
    used = "\n".join(statements)
    counters = [n for n, mark in (("i", "for (i"), ("level", "level = ")) if mark in used]
    lines = [
        f"int {name}_predict({read.parameter}, {output_type(found)} y[{name.upper()}_OUTPUTS])"
    ]
    lines += ["{", *(f"    {each}" for each in (*body.arrays, *read.variables))]
    lines += [f"    int {', '.join(counters)};"] if counters else []
    lines += [f"    {statement}" for statement in statements]
    return "\n".join([*lines, "    return 0;", "}"])


def _class(found: Source, name: str) -> str:
    n = found.outputs
    text = f"int {name}_class(const float y[{name.upper()}_OUTPUTS])\n{{\n"
    if n == 1:
        return text + "    return isnan(y[0]) ? -1 : 0;\n}"
    return text + (
        "    int i, most = 0;\n    if (isnan(y[0])) return -1;\n"
        f"    for (i = 1; i < {n}; i++) if (y[i] > y[most]) most = i;\n    return most;\n}}"
    )
