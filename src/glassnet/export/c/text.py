"""The whole C file and its header."""

from __future__ import annotations

from dataclasses import dataclass

from glassnet.export.answer import Answer
from glassnet.export.c.floats import Body
from glassnet.export.c.kinds import FLOAT, Kind
from glassnet.export.c.reading import Reading
from glassnet.export.c.spelling import comment, double_literal, table, text_literal
from glassnet.export.source import Source

_HEADERS = ("float.h", "math.h", "stddef.h", "stdint.h", "string.h")


@dataclass(frozen=True)
class CText:
    """The texts of ``name.c`` and ``name.h``."""

    source: str
    header: str


def c_text(
    found: Source, name: str, read: Reading, body: Body, about: str, kind: Kind = FLOAT
) -> CText:
    """Write both files."""
    return CText(
        _source(found, name, read, body, about, kind), _header(found, name, read, about, kind)
    )


def output_type(found: Source) -> str:
    """What an answer is made of: double where it is put back into a target's units."""
    return "double" if found.answer.restored else "float"


def class_bytes(found: Source) -> int:
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
        what = f"the prediction of {comment(found.target)}"
    elif answer.kind == "multilabel":
        what = "the probability of each label"
    else:
        what = "the probability of each class, in the order of the classes"
    return (
        f"/* Fills y with {what}.\n"
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


def _source(found: Source, name: str, read: Reading, body: Body, about: str, kind: Kind) -> str:
    pieces = [
        f"/* {name}.c: {comment(about)} */",
        f'#include "{name}.h"\n\n' + "\n".join(f"#include <{header}>" for header in _HEADERS),
        *(piece for piece in (*read.constants, *body.constants) if piece),
        *(kind.spelled(function) for function in (*read.functions, *body.functions)),
        kind.spelled(_refuse(found)),
        kind.spelled(_predict(found, name, read, body, kind)),
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


def _predict(found: Source, name: str, read: Reading, body: Body, kind: Kind) -> str:
    statements = [*read.statements, *body.statements, *_answered(found, body.result, kind)]
    used = "\n".join(statements)
    counters = [n for n, mark in (("i", "for (i"), ("level", "level = ")) if mark in used]
    lines = [
        f"int {name}_predict({read.parameter}, {output_type(found)} y[{name.upper()}_OUTPUTS])"
    ]
    lines += ["{", *(f"    {each}" for each in (*body.arrays, *read.variables))]
    lines += [f"    int {', '.join(counters)};"] if counters else []
    lines += [f"    {statement}" for statement in statements]
    return "\n".join([*lines, "    return 0;", "}"])


def _answered(found: Source, a: str, kind: Kind) -> list[str]:
    """From a[L] to the answer y."""
    answer, n = found.answer, found.outputs
    if answer.kind == "one class":
        return [f"(void){a}[0];", "y[0] = 1.0f;"]
    tiny, near = kind.number(kind.info.tiny), kind.number(1 - kind.info.epsneg)
    clip = [
        f"for (i = 0; i < {len(found.layers[-1].b)}; i++)\n"
        f"        {a}[i] = {a}[i] < {tiny} ? {tiny} : {a}[i] > {near} ? {near} : {a}[i];"
    ]
    clip = clip if answer.clipped and answer.kind != "multiclass" else []
    if answer.kind == "binary":
        return [*clip, f"y[0] = 1.0f - {a}[0];", f"y[1] = {a}[0];"]
    if answer.restored:
        return [f"for (i = 0; i < {n}; i++) {{", *_restored(answer, a), "}"]
    return [*clip, f"for (i = 0; i < {n}; i++) y[i] = {a}[i];"]


def _restored(answer: Answer, a: str) -> list[str]:
    """y[i] in the units of the target and, where it has a range, within it."""
    mean, scale, low, high = (
        double_literal(values[0]) for values in (answer.mean, answer.scale, answer.low, answer.high)
    )
    lines = [f"y[i] = (double){a}[i] * {scale} + {mean};"]
    if answer.bounded:
        lines.append(f"y[i] = y[i] < {low} ? {low} : y[i] > {high} ? {high} : y[i];")
    return [f"    {line}" for line in lines]


def _class(found: Source, name: str) -> str:
    n = found.outputs
    text = f"int {name}_class(const float y[{name.upper()}_OUTPUTS])\n{{\n"
    if n == 1:
        return text + "    return isnan(y[0]) ? -1 : 0;\n}"
    return text + (
        "    int i, most = 0;\n    if (isnan(y[0])) return -1;\n"
        f"    for (i = 1; i < {n}; i++) if (y[i] > y[most]) most = i;\n    return most;\n}}"
    )
