"""The page of a search says what was found, how sure that is, and stands alone."""

import re

import numpy as np
import pytest

import glassnet as gn
from glassnet import report
from glassnet.report.page import page
from glassnet.report.search_answer import Estimate, layers_in_words, notes_on_search
from glassnet.tuning.result import order
from tests.report.searches import NO_SIZES, searched
from tests.report.test_page import Reader

RNG = np.random.default_rng(3)
X = RNG.normal(size=(120, 3))
KINDS = np.array(["low", "high"])[(np.sin(2 * X[:, 0]) + X[:, 1] > 0).astype(int)]


@pytest.fixture(scope="module")
def found():
    space = {"width": [4, 16], "depth": [1, 2], "activation": ["relu", "tanh"]}
    return gn.search(X, KINDS, space, trials=6, epochs=9, folds=2)


@pytest.fixture(scope="module")
def html(found):
    return page(report.report_of_search(found, source="rows.csv", test_rows=24))


def notes(found):
    best = min(found.records, key=order)
    return list(notes_on_search(found, best, Estimate(found.test_score)))


def said(html):
    return " ".join(" ".join(Reader(html).texts).split())


def test_the_page_is_whole_and_loads_nothing(html):
    reader = Reader(html)
    loads = [
        value
        for _, attributes in reader.elements
        for name, value in attributes.items()
        if name in {"src", "href", "srcset", "data", "action"}
    ]

    assert reader.faults == reader.open == []
    assert [each for each in loads if not each.startswith(("#", "data:image/png;base64,"))] == []
    assert "http:" not in html
    assert "https:" not in html
    assert re.findall(r"url\((?!#)", html) == []
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_it_answers_first_and_with_the_estimate_that_does_not_flatter(found, html):
    made = report.report_of_search(found, test_rows=24)
    best = min(found.records, key=order)
    units = found.best_parameters["hidden_layer_sizes"]

    assert made.verdict.startswith(f"Best of 6 candidates: {layers_in_words(units)}")
    assert f"{found.test_score:.3f} on 24 rows that the search never saw" in made.verdict
    assert made.pictures[0].title == "How many layers and units?"
    assert made.tiles[0].value == f"{found.test_score:.3f}"
    assert made.tiles[1].value == f"{best.last.score:.3f}"
    assert "does not flatter" in said(html)


def test_every_candidate_stands_in_the_table(found, html):
    made = report.report_of_search(found)

    assert [row[0].split()[0] for row in made.epochs.rows] == [
        f"#{record.number}" for record in sorted(found.records, key=order)
    ]
    assert [int(row[3].replace(",", "")) for row in made.epochs.rows] == [
        record.outcomes[0].parameters for record in sorted(found.records, key=order)
    ]
    assert "6 candidates, best first" in said(html)


def test_the_best_network_and_what_was_searched_stand_on_it(found, html):
    text = said(html)

    for name, value in found.best_parameters.items():
        assert name in text
        assert str(value) in text
    assert "relu, tanh" in text
    assert "MLPClassifier" in text


@pytest.mark.parametrize(
    ("search", "word"),
    [
        ({"count": 5, "interrupted": True}, "Ctrl-C ended the search early"),
        ({"count": 5, "test_score": float("nan")}, "the highest of 5 and flatters"),
        ({"count": 5, "folds": 1}, "There was one hold-out"),
        ({"count": 9, "failing": range(8)}, "8 of 9 candidates failed, 8 of them so: diverged"),
        ({"count": 5}, "no more than 5"),
    ],
)
def test_what_a_careful_reader_must_know_is_said(search, word):
    assert any(word in note for note in notes(searched(**search)))


def test_a_best_value_at_the_end_of_its_range_is_said():
    found = searched(20)
    best = min(found.records, key=order)
    best.values["width"] = 128
    best.values["depth"] = 1  # there is no smaller one

    told = " ".join(notes(found))

    assert "The best width, 128, lies at the upper end of what was searched (8 to 128)" in told
    assert "best depth" not in told


def test_faults_that_ate_the_budget_are_told_with_their_share():
    made = report.report_of_search(searched(30, failing=(0, 1), fatal=(2, 3, 4)))

    (picture,) = [each for each in made.pictures if each.title == "Which faults ate the budget"]
    assert picture.caption.startswith("5 candidates ended by a failure or a certain fault took")
    (table,) = [each for each in made.details if each.title == "What the time went into"]
    assert {row[0]: row[2] for row in table.rows} == {
        "diverged": "2", "dead units": "3", "nothing found": "25",
    }  # fmt: skip


def test_one_candidate_makes_a_page_too():
    made = report.report_of_search(searched(1, folds=1))

    assert made.verdict.startswith("The only candidate: ")
    assert Reader(page(made)).faults == []


def test_without_layers_in_the_space_the_page_tells_what_makes_the_difference():
    made = report.report_of_search(searched(90, space=NO_SIZES))

    assert made.pictures[0].title == "What makes the difference?"
    assert made.verdict.endswith("What matters most is learning_rate_init.")


def test_words_of_failures_are_never_taken_for_markup():
    found = searched(2, folds=1)
    words = "<script>alert(1)</script>"
    html = page(report.report_of_search(found, title=words, source=words, command=words))

    assert "<script" not in html
    assert words in said(html)


@pytest.mark.long
def test_a_page_of_many_candidates_is_small():
    html = page(report.report_of_search(searched(300)))

    assert len(html.encode()) < 1_500_000


@pytest.mark.parametrize(
    ("units", "words"),
    [((), "no hidden layer"), ((8,), "1 hidden layer of 8 units"),
     ((16, 8, 4), "3 hidden layers of 16, 8 and 4 units")],
)  # fmt: skip
def test_layers_are_said_in_words(units, words):
    assert layers_in_words(units) == words
