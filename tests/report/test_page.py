"""The page is valid, stands alone, escapes what came from data, and holds no rows."""

import re
import warnings
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.figure import Figure

import glassnet as gn
from glassnet import report
from glassnet.errors import FileFault
from glassnet.report.contents import Picture, Report, TextTable, Tile
from glassnet.report.page import page

VOID = {"meta", "link", "br", "hr", "img", "input", "source", "wbr", "area", "base", "col", "embed"}


class Reader(HTMLParser):
    """Elements in order; faults where an end tag does not fit."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.texts, self.faults = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def pages(reports):
    """One page of each task, as text."""
    return {task: page(made) for task, made in reports.items()}


TASKS = ("binary", "multiclass", "regression", "multilabel", "heads", "bare")


@pytest.fixture(params=TASKS)
def html(request, pages):
    return pages[request.param]


def test_every_element_is_closed_where_it_must_be(html):
    reader = Reader(html)

    assert reader.faults == []
    assert reader.open == []
    assert html.startswith("<!DOCTYPE html>")


def test_ids_on_the_page_are_unique_and_references_lead_to_them(html):
    reader = Reader(html)
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    wanted = re.findall(r"url\(#([^)]+)\)", html) + [
        attributes["href"][1:]
        for _, attributes in reader.elements
        if attributes.get("href", "").startswith("#")
    ]

    assert len(ids) == len(set(ids))
    assert set(wanted) <= set(ids)


def test_nothing_is_loaded_from_outside(html):
    reader = Reader(html)
    loads = [
        value
        for _, attributes in reader.elements
        for name, value in attributes.items()
        if name in {"src", "href", "srcset", "data", "action", "poster", "background"}
    ]

    assert [each for each in loads if not each.startswith(("#", "data:image/png;base64,"))] == []
    assert not {"link", "script", "iframe", "object", "embed", "base"} & {
        tag for tag, _ in reader.elements
    }
    assert "http:" not in html
    assert "https:" not in html
    assert "@import" not in html
    assert re.findall(r"url\((?!#)", html) == []


def test_nothing_runs(html):
    reader = Reader(html)

    assert "script" not in {tag for tag, _ in reader.elements}
    assert not [
        name for _, attributes in reader.elements for name in attributes if name[:2] == "on"
    ]
    assert "javascript:" not in html
    policy = [
        each["content"] for tag, each in reader.elements if tag == "meta" and "content" in each
    ]
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in policy


def test_a_page_is_small(html):
    assert len(html.encode()) < 600_000


def test_hostile_names_of_labels_are_only_text(pages):
    reader = Reader(pages["multilabel"])

    assert "script" not in {tag for tag, _ in reader.elements}
    assert "img" not in {tag for tag, _ in reader.elements}
    assert [tag for tag, _ in reader.elements].count("style") == 1
    text = " ".join(reader.texts)
    assert "<script>alert(1)</script>" in text
    assert "{{ 7 * 7 }} & 日本語" in text


def test_hostile_names_are_only_text_inside_figures_and_everywhere_else(binary, hostile_names):
    X = np.random.default_rng(0).normal(size=(30, 2))
    hostile = hostile_names[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = report.report_of(
            binary.network, binary.history, X, X[:, 0] > 0, classes=hostile_names[3:],
            target=hostile, features=(hostile, hostile_names[1]), notes=[hostile], title=hostile,
            command=hostile, next_command=hostile, data={hostile: hostile}, ended=hostile,
        )  # fmt: skip
        html = page(made)

    reader = Reader(html)
    assert reader.faults == []
    assert not {"script", "img"} & {tag for tag, _ in reader.elements}
    assert "<script" not in html


def test_names_that_no_file_can_hold_are_written_all_the_same(binary, tmp_path):
    X = np.random.default_rng(0).normal(size=(30, 2))
    made = report.report_of(
        binary.network, binary.history, X, X[:, 0] > 0, classes=["a\ud800\x00", "b\x1b[0m"],
        target="t\udfff",
    )  # fmt: skip

    report.write_report(tmp_path / "report.html", made)

    assert Reader((tmp_path / "report.html").read_text(encoding="utf-8")).faults == []


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_no_value_of_a_row_stands_in_the_page(task, binary, regression):
    """Rows with values nobody would round to: neither inputs nor targets are written anywhere."""
    run = {"binary": binary, "regression": regression}[task]
    rng = np.random.default_rng(5)
    X = rng.normal(size=(40, 2))
    X[7], X[8] = (98765.4321, -31415.9265), (27182.8182, 57721.5664)
    y = rng.integers(0, 2, 40) if task != "regression" else rng.normal(size=40)
    if task == "regression":
        y[7] = 66260.7015

    html = page(report.report_of(run.network, run.history, X, y))

    for value in (*X[7], *X[8], *np.ravel(y)[7:8]):
        digits = f"{abs(value):.4f}".replace(".", "")[:5]
        if abs(value) > 1000:
            assert digits not in re.sub(r"data:image/png;base64,[^\"]*", "", html)


def test_a_page_of_many_rows_and_classes_is_small():
    rng = np.random.default_rng(0)
    net = gn.Network(20, [gn.Dense(50, "relu"), gn.Dense(30, "softmax")], loss="cross_entropy")
    X, y = rng.normal(size=(20_000, 20)), rng.integers(0, 30, 20_000)
    history = gn.History([{"J": 1 / k, "val_loss": 1 / k} for k in range(1, 501)])

    html = page(report.report_of(net, history, X, y))

    assert len(html.encode()) < 1_500_000


def test_the_same_report_gives_the_same_page(reports, pages):
    assert page(reports["multilabel"]) == pages["multilabel"]


def test_everything_in_a_report_stands_on_its_page():
    made = Report(
        title="A title", task="a task", verdict="A verdict.",
        tiles=(Tile("a tile", "12.5%", "a hint"),), notes=("A note.",),
        scores=(TextTable("A table", ("head", "cell"), (("row", "7"),), "A remark."),),
        pictures=(Picture("A picture", Figure(figsize=(3, 2)), "A caption.", "Some advice."),),
        details=(TextTable("Details", (), (("fact", "value"),)),),
        epochs=TextTable("Epochs", ("epoch", "J"), (("1", "0.5"),)),
        command="glassnet fit a.csv", next_command="glassnet predict", version="9.8.7",
        made="2026-01-02",
    )  # fmt: skip

    text = " ".join(Reader(page(made)).texts)
    for part in ("A title", "a task", "A verdict.", "a tile", "12.5%", "a hint", "A note.",
                 "A table", "head", "row", "7", "A remark.", "A picture", "A caption.",
                 "Some advice.", "Details", "fact", "value", "Epochs", "0.5", "glassnet fit a.csv",
                 "glassnet predict", "9.8.7", "2026-01-02"):  # fmt: skip
        assert part in text


def test_notes_beyond_the_eighth_are_folded_away_and_not_left_out():
    html = page(Report("t", "t", "v", notes=tuple(f"note {k}." for k in range(12))))

    assert "and 4 more" in html
    assert all(f"note {k}." in html for k in range(12))


def test_a_page_that_cannot_be_made_leaves_the_old_one(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    broken = Report("t", "t", "v", pictures=(Picture("p", None, "c"),))

    with pytest.raises(AttributeError):
        report.write_report(path, broken)

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(FileFault, match=r"absent"):
        report.write_report(tmp_path / "absent" / "report.html", Report("t", "t", "v"))
