"""The doctor on the page: a fault that was planted is found, proved and cured by its buttons."""


def test_a_planted_fault_is_found_and_cured_by_its_button(visit):
    for layer in (1, 2):
        editor = visit.page.get_by_role("group", name=f"Layer {layer}")
        editor.get_by_text("Weights, batch norm, dropout").click()
        editor.get_by_label("Weights", exact=True).select_option("zeros")
    visit.press("Play")
    finding = visit.page.locator("[data-cause=INIT_SYMM]").first
    finding.wait_for()
    visit.pause()

    finding.get_by_role("button", name="Prove it").click()
    visit.page.get_by_test_id("proof").wait_for()
    assert "Cured" in visit.page.get_by_test_id("proof").inner_text()
    finding.get_by_role("button", name="Cure it").click()
    visit.page.get_by_text("Applied:").wait_for()
    visit.press("Play")

    visit.wait("() => parseFloat(document.querySelector('[data-testid=metric]').textContent) >= 95")
    finding.wait_for(state="detached")
