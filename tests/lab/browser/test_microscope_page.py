"""The microscope on the page: the passes stage by stage, and ∂J/∂w to the last digit."""

import numpy as np

import glassnet as gn


def test_the_passes_are_gone_through_by_keys_each_with_its_equation(visit):
    stage = visit.page.get_by_test_id("stage")
    stage.locator(".katex").first.wait_for()
    places = visit.page.locator("[data-stage]")
    ids = [each.get_attribute("data-stage") for each in places.all()]
    seen = []
    for each in ids:
        visit.page.locator(f"[data-stage={each}][aria-current=step]").wait_for()
        seen.append(each)
        visit.page.keyboard.press("ArrowRight")
    visit.at_rest()

    forward = [f"forward-{l}-{name}" for l in (1, 2, 3) for name in ("z", "a")]
    back = [f"backward-{l}-{name}" for l in (3, 2, 1) for name in ("delta", "dW", "db")]
    assert seen == ids == [*forward, "loss", *back, *(f"update-{l}-W" for l in (1, 2, 3))]
    assert visit.page.locator(".katex-error").count() == 0


def test_a_derivative_of_the_backward_pass_is_the_number_of_derive(visit):
    visit.press("Play")
    visit.wait("() => document.querySelector('[data-testid=step]').textContent !== '0'")
    visit.pause()
    visit.page.get_by_label("row", exact=True).fill("7")
    visit.page.get_by_label("row", exact=True).press("Enter")
    visit.page.get_by_role("heading", name="Row 7").wait_for()
    visit.page.locator("[data-stage=backward-2-dW]").click()
    visit.page.locator("[data-cell='dW[2]:3,5']").click()
    visit.page.get_by_role("heading", name="∂J/∂W[2][3, 5]").wait_for()
    visit.page.get_by_role("heading", name="path").first.wait_for()

    run = visit.run()
    rows = run.experiment.rows
    place = rows.train[7]
    target = run.experiment.targets[place]
    told = gn.derive(run.network(), rows.X[place], target, wrt="W[2][3,5]")
    assert visit.page.get_by_test_id("derivative").inner_text() == repr(float(told.value))
    assert np.isfinite(told.value)


def test_samples_per_column_show_the_textbooks_shapes(visit):
    visit.page.locator("[data-stage=forward-1-z]").wait_for()

    visit.page.get_by_role("group", name="A sample per").get_by_role(
        "button", name="column"
    ).click()
    visit.wait("() => document.querySelectorAll(\"table[aria-label='z[1]'] tr\").length === 16")


def test_zeros_at_the_start_make_twins(visit):
    for layer in (1, 2):
        editor = visit.page.get_by_role("group", name=f"Layer {layer}")
        editor.get_by_text("Weights, batch norm, dropout").click()
        editor.get_by_label("Weights", exact=True).select_option("zeros")
    visit.choose("Network", "Its weights", "constant")
    visit.press("Epoch")

    twins = visit.page.locator("[data-mark=twins]")
    twins.filter(has_text="layer 1, twins: 0, 1, 2").wait_for()
