"""The tree of exceptions and the nearest name."""

import pytest

from glassnet import errors


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("cross_entrpy", "cross_entropy"),
        ("Cross-Entropy", "cross_entropy"),
        ("squared error", "squared_error"),
        ("HUBER", "huber"),
        ("cross", "cross_entropy"),
        ("age_of_car", "AGE_OF_CAR"),
    ],
)
def test_an_unknown_name_suggests_the_nearest(name, nearest):
    known = ["squared_error", "huber", "cross_entropy", "AGE_OF_CAR"]

    error = errors.UnknownName("loss", name, known)

    assert f"no loss is named {name!r}. Did you mean {nearest!r}?" in str(error)
    assert str(error).endswith("Known: AGE_OF_CAR, cross_entropy, huber, squared_error.")


@pytest.mark.parametrize("name", ["zzz", "", None, 3, []])
def test_a_name_near_nothing_only_lists_the_known(name):
    error = errors.UnknownName("loss", name, ["huber"])

    assert str(error) == f"no loss is named {name!r}. Known: huber."


def test_of_many_known_names_twenty_are_listed_and_the_others_counted():
    error = errors.UnknownName("column", "x", [f"c{k:03d}" for k in range(500)])

    assert "c000" in str(error)
    assert str(error).endswith("c019 and 480 more.")


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        ("InvalidValue", ValueError),
        ("ShapeMismatch", ValueError),
        ("UnknownName", ValueError),
        ("OutsideDomain", ValueError),
        ("Unsupported", NotImplementedError),
        ("Diverged", ArithmeticError),
        ("BadFile", ValueError),
        ("FileFault", OSError),
    ],
)
def test_each_error_is_also_the_builtin_a_caller_expects(kind, builtin):
    assert issubclass(getattr(errors, kind), errors.GlassnetError)
    assert issubclass(getattr(errors, kind), builtin)


def test_the_tree_in_the_docstring_names_every_error():
    drawn = errors.__doc__

    for name, thing in vars(errors).items():
        if isinstance(thing, type) and issubclass(thing, errors.GlassnetError):
            assert name in drawn
