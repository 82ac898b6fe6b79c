"""A first visit: what clicks alone come to, own data, a reload, a link, a second run beside it."""

import base64
import csv

import numpy as np


def test_clicks_alone_lead_to_a_trained_spiral(visit):
    visit.press("Play")

    visit.wait("() => parseFloat(document.querySelector('[data-testid=metric]').textContent) >= 98")

    assert visit.run().experiment.settings.data.set == "spiral"


def test_a_file_of_ones_own_is_learned(visit, tmp_path):
    draws = np.random.default_rng(0)
    size, weight = draws.normal(size=(2, 120))
    path = tmp_path / "fruit.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["size", "weight", "number", "kind"])
        for k, (a, b) in enumerate(zip(size, weight, strict=True)):
            rows.writerow([a, b, k, "apple" if a + b > 0 else "pear"])

    visit.page.locator("#file").set_input_files(path)
    visit.page.get_by_role("button", name="number", exact=True).click()
    visit.page.locator("button[aria-pressed=false]", has_text="number").wait_for()
    visit.press("Play")

    visit.wait("() => parseFloat(document.querySelector('[data-testid=metric]').textContent) >= 95")
    settings = visit.run().experiment.settings
    assert settings.data.inputs == ("size", "weight")
    assert settings.data.target == "kind"


def test_a_reload_amid_training_finds_the_run_again(visit):
    visit.press("Play")
    visit.wait("() => document.querySelector('[data-testid=step]').textContent !== '0'")
    run = visit.run()
    before = visit.reading("step")

    visit.page.reload()
    visit.page.get_by_role("button", name="Pause", exact=True).wait_for()
    visit.wait(
        "before => Number(document.querySelector('[data-testid=step]')"
        ".textContent.replaceAll(',', '')) > before",
        before,
    )
    visit.pause()

    assert visit.run() is run
    visit.until_it_shows(run)


def test_a_server_that_was_away_is_told_of_and_found_again(visit):
    visit.press("Play")
    visit.lab.stop()
    visit.page.get_by_test_id("reconnecting").wait_for()

    from glassnet.lab.server import LabServer

    again = LabServer(port=visit.lab.port, token=visit.lab.token, log=lambda *_, **__: None)
    again.begin()
    try:
        visit.page.get_by_text("This run has ended").wait_for()
        visit.press("Begin again with these settings")
        visit.page.get_by_text("This run has ended").wait_for(state="detached")
        visit.press("Step")

        visit.wait("() => document.querySelector('[data-testid=step]').textContent === '1'")
    finally:
        again.stop()


def test_a_link_restores_the_settings_and_tells_no_server(visit, browser):
    visit.choose("Data", "Set", "circles")
    visit.page.get_by_label("Units of layer 1").fill("5")
    visit.page.get_by_label("Units of layer 1").press("Enter")
    visit.wait("() => document.body.textContent.includes('Network 2–5–16–1')")
    visit.press("Take away")
    link = visit.page.locator("[data-take=Link]").inner_text()
    assert link.startswith(f"{visit.lab.address}/#lab=")
    asked = []

    other = visit.page.context.new_page()
    other.on("request", lambda request: asked.append(request.url))
    other.goto(link)
    other.get_by_role("heading", name="Network 2–5–16–1").first.wait_for()

    assert other.get_by_label("Set", exact=True).input_value() == "circles"
    assert [url for url in asked if "lab=" in url.split("#")[0]] == []


def test_a_link_that_is_not_taken_says_so_until_that_is_read(visit):
    settings = base64.urlsafe_b64encode(b'{"version": 1, "data": {"set": "moon"}}').decode()

    other = visit.page.context.new_page()
    other.goto(f"{visit.lab.address}/#lab={settings.rstrip('=')}")
    other.get_by_test_id("stage").wait_for()  # a run of other settings goes on meanwhile
    other.get_by_text("The link was not taken").wait_for()
    other.get_by_role("button", name="Dismiss").click()

    other.get_by_text("The link was not taken").wait_for(state="detached")


def test_a_fork_runs_beside_on_the_same_batches(visit):
    visit.press("Run both side by side")
    visit.page.get_by_role("region", name="Fork").get_by_text("End the fork").wait_for()
    visit.press("Step")

    visit.page.get_by_role("heading", name="This run").wait_for()
    run = visit.run()
    rates = [lane.experiment.settings.training.learning_rate for lane in (run.lane, run.twin)]
    assert rates == [0.01, 0.001]


def test_an_answer_that_comes_when_the_fork_has_ended_brings_it_back_nowhere(visit):
    late = []

    def held(route):
        if route.request.post_data_json["do"] == "fork":
            late.append((route, route.fetch()))
        else:
            route.continue_()

    visit.page.route("**/command", held)
    visit.press("Run both side by side")
    visit.page.get_by_role("region", name="Fork").get_by_text("End the fork").wait_for()
    visit.choose("Training", "Optimizer", "sgd")
    visit.page.get_by_role("button", name="Run both side by side").wait_for()
    ((route, answer),) = late
    route.fulfill(response=answer)
    visit.press("Step")  # which waits for that answer

    visit.wait("() => document.querySelector('[data-testid=step]').textContent === '1'")
    assert visit.page.get_by_text("End the fork").count() == 0


def test_other_settings_end_a_fork_and_the_page_says_so(visit):
    visit.press("Run both side by side")
    visit.page.get_by_role("region", name="Fork").get_by_text("End the fork").wait_for()

    visit.choose("Training", "Optimizer", "sgd")

    visit.page.get_by_role("button", name="Run both side by side").wait_for()
    assert visit.run().twin is None
