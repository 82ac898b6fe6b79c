"""The page of a diagnosis says what the diagnosis says, with its pictures, and stands alone."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet as gn
from glassnet import report
from glassnet.doctor.causes import TITLES
from glassnet.doctor.diagnosis import Diagnosis
from glassnet.doctor.findings import Finding
from glassnet.report.page import page
from tests.report.test_page import Reader

X = np.random.default_rng(0).normal(size=(60, 3))
NET = gn.Network(3, [gn.Dense(6, "tanh"), gn.Dense(1, "logistic")])


@pytest.fixture(scope="module")
def ill() -> Diagnosis:
    return gn.diagnose(NET, X * [1, 1e4, 1], 5 + X[:, 0])


def test_a_card_says_what_was_seen_why_it_matters_and_what_to_change(ill: Diagnosis) -> None:
    made = report.report_of_diagnosis(ill, title="<my> network", source="rows.csv")
    reader = Reader(page(made))
    text = " ".join(" ".join(reader.texts).split())

    assert reader.faults == reader.open == []
    assert "<my> network" in text
    for finding in ill.findings:
        title = TITLES[finding.code]
        for said in (finding.saw, finding.why, finding.change, title[0].upper() + title[1:]):
            assert said in text
    assert len(made.cards) == len(ill.findings)
    assert sum(tag == "svg" for tag, _ in reader.elements) == len(made.cards)


def test_pictures_of_cards_and_of_the_report_do_not_share_names(ill: Diagnosis) -> None:
    run = gn.train(NET, X, X[:, 0] > 0, epochs=2)
    made = report.report_of(run.network, run.history, X, X[:, 0] > 0, diagnosis=ill)
    names = [given["id"] for _, given in Reader(page(made)).elements if "id" in given]

    assert made.cards == () or len(names) == len(set(names))
    assert [card.code for card in made.cards] == [finding.code for finding in ill.findings]


def test_a_healthy_network_gets_a_page_that_says_so() -> None:
    net = gn.Network(3, [gn.Dense(6, "tanh"), gn.Dense(1, "identity")])
    made = report.report_of_diagnosis(gn.diagnose(net, X, np.sin(X[:, 0])))

    assert made.verdict.startswith("Healthy")
    assert made.cards == ()
    assert "Nothing was found" in page(made)


def test_what_a_remedy_did_stands_in_a_table(ill: Diagnosis) -> None:
    seen = gn.diagnose(NET, X, 5 + X[:, 0], optimizer=gn.Adam(0.01), epochs=5, batch_size=20)
    proof = seen.prove(seeds=2)

    (table,) = report.report_of_diagnosis(seen).scores

    assert [row[0] for row in table.rows] == [trial.remedy.words for trial in proof.trials]
    assert float(table.rows[0][1].replace("−", "-")) == pytest.approx(
        proof.trials[0].before, abs=0.005
    )


def test_words_of_a_finding_are_never_taken_for_markup() -> None:
    words = "<script>alert(1)</script>"
    finding = Finding("DATA_BAD", words, words, words, {})
    made = report.report_of_diagnosis(Diagnosis([finding], [], ("static",), ("DATA_BAD",), 3))

    assert "<script" not in page(made)
    assert made.cards[0].picture is None
