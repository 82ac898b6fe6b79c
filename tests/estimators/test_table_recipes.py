"""Members of two recipes: what the plain ones see, and which of both are kept."""

from dataclasses import replace

import numpy as np
import pytest

import glassnet as gn
from glassnet.estimators.tables.groups import Group, helpful
from glassnet.estimators.tables.members import Head, Material
from glassnet.estimators.tables.recipes import CUT, Recipe
from glassnet.network.layers import Dense
from glassnet.network.network import Network
from tests.estimators.test_tables import classifier, frame, regressor

ROWS = 20
NUMBER = Head(1, "identity", "squared_error")


def member_saying(answers):
    """A linear network of one-hot rows: its weights are what it says of each."""
    net = Network(ROWS, [Dense(1, "identity", bias=False)], loss="squared_error", dtype="float32")
    spec, blocks = net.specification, net.parameters
    blocks.W[1] = np.broadcast_to(answers, (1, ROWS)).astype(np.float32)
    return Network.of(spec, replace(net.state, theta=spec.pack(blocks)))


def group(recipe, *members):
    every = (np.arange(0), np.arange(ROWS))
    nets = [member_saying(answers) for answers in members]
    return Group(recipe, list(range(len(nets))), nets, [None] * len(nets), [every] * len(nets))


def kept(first, second, w=None):
    """How many members of each are kept where the truth is 0 in every row, and what is said."""
    material = Material(np.eye(ROWS, dtype=np.float32), np.zeros((ROWS, 1), np.float32), w, None)
    notes: list[str] = []
    plain = Recipe(np.arange(ROWS))
    found = helpful([group(CUT, *first), group(plain, *second)], material, NUMBER, notes, "auto")
    count = {each.recipe.plain: len(each.nets) for each in found}
    return (count.get(False, 0), count.get(True, 0)), notes


def test_members_that_only_do_harm_are_left_out_of_either_recipe():
    good, bad = np.full(ROWS, 0.1), np.full(ROWS, 3.0)
    counts, notes = kept([good, good], [bad, bad, bad])
    assert counts == (2, 0)
    assert notes[0].startswith("2 of 2 members on bins and 0 of 3 on plain columns are kept")
    assert "their loss is 0.005, that of all 1.693" in notes[0]
    assert kept([bad, bad, bad], [good, good])[0] == (0, 2)


def test_as_many_are_kept_as_are_good_for_the_mean():
    """Of three that err by −1 beside two that err by +1, two are the best."""
    counts, _ = kept([np.full(ROWS, 1.0)] * 2, [np.full(ROWS, -1.0)] * 3)
    assert counts == (2, 2)


def test_a_difference_within_its_standard_error_leaves_nobody_out():
    first = np.ones(ROWS)
    second = np.where(np.arange(ROWS) % 2 == 0, 1.9, -1.0)
    alone, together = 0.5 * first**2, 0.5 * ((first + second) / 2) ** 2
    gain = together - alone
    assert 0.04 < gain.mean() / together.mean()  # four hundredths better alone, but
    assert gain.mean() < gain.std() / np.sqrt(ROWS)
    assert kept([first], [second]) == ((1, 1), [])
    assert kept([first], [np.full(ROWS, 1.9)])[0] == (1, 0)  # the same gain in every row


def test_weights_say_how_much_a_row_counts():
    first, second = np.full(ROWS, 1.0), np.full(ROWS, 0.0)
    second[:10] = 6.0
    assert kept([first], [second])[0] == (1, 0)
    light = np.ones(ROWS)
    light[:10] = 1e-6
    assert kept([first], [second], light)[0] == (0, 1)


@pytest.mark.parametrize("make", [classifier, regressor])
def test_plain_members_weigh_no_bin_and_are_networks_on_all_columns(make):
    X, y = frame(80)
    est = make(members=1, plain_members=2, epochs=3).fit(X, y > 3 if make is classifier else y)
    assert len(est.members_) == 3, est.notes_
    names = np.array(est.encoder_.feature_names)
    cut = np.array([j for j, name in enumerate(names) if " from " in name])
    seen = [np.flatnonzero(np.any(net.W[1] != 0, axis=0)) for net in est.members_]
    assert len(cut) > 0
    assert len(seen[0]) == len(names)
    for columns in seen[1:]:
        assert not np.isin(cut, columns).any()
        assert 0 < len(columns) < len(names)
    a = np.mean([gn.predict(net, est.encode(X)).astype(float) for net in est.members_], axis=0)
    if make is regressor:
        found = np.clip(a[:, 0] * y.std() + y.mean(), y.min(), y.max())
        np.testing.assert_allclose(est.predict(X), found, rtol=1e-6)


def test_on_all_columns_it_is_the_function_of_its_own():
    recipe = Recipe(np.array([4, 0, 2]))
    x = np.random.default_rng(0).normal(size=(30, 6))
    own = Network(3, [Dense(5, "tanh"), Dense(1, "identity")], loss="squared_error", seed=1)
    whole = recipe.whole(own, 6)
    np.testing.assert_allclose(gn.predict(whole, x), gn.predict(own, recipe.seen(x)), rtol=1e-9)
