"""Test the Train tab with real runs: start, pause, compare, download and use them; only the owner sees a run."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from support.browser.page import expect_to_fit_a_phone, output, steps
from support.browser.train_page import LONG, choose, state, stop

from seq2seq.data.synthetic import TASKS
from seq2seq.training.event_log import to_json
from seq2seq.training.events import Event, Measured, Reached, SampleDecoded, Started, StepDone, StoppedEarly

EXAMPLE = TASKS["reverse"].first(1)[0]


def start(page: Page, length: str) -> str:
    """Start a run of the first task; return the run's id."""
    choose(page, "length", length)
    page.locator("#train").click()
    expect(page.get_by_test_id("run")).to_be_visible()
    page.wait_for_url("**run=*")
    return page.url.partition("run=")[2]


def traces(page: Page, figure: str) -> list[dict]:
    """Return the traces of a figure from Plotly."""
    plot = page.locator(".train").get_by_test_id(f"figure-{figure}").locator(".figure-plot")
    plot.locator(".scatterlayer .trace").first.wait_for(state="attached")
    return plot.evaluate("plot => (plot.data || []).map(({ name, x, y }) => ({ name, x: [...x], y: [...y] }))")


def load_events(page: Page, name: str, attention: tuple[tuple[float, ...], ...] | None, *more: Event) -> str:
    """Load the events of a run from elsewhere, with `more` events after update 30; return the run's id."""
    before = page.url
    looked = ("1 2", "2", ("▁1", "▁2"), ("▁2",), attention)
    events = [Started(1000, "cpu", "fp32", 50, 30, 0), StepDone(1, 0, 0.1, 2.5, 0.001, 1.0, 0.7, 100, 0.5)]
    for update in (0, 30):
        events += [SampleDecoded(update, *looked), Measured(update, 64, 31.5, 12.5, 0.75, 0.5)]
    events += more
    events.append(StoppedEarly(30, 50, "3 validations were not better than the one after update 9"))
    buffer = "".join(to_json(event) + "\n" for event in events).encode()
    page.locator("input[type=file]").set_input_files({"name": f"{name}.jsonl", "mimeType": "text/plain", "buffer": buffer})
    expect(page.get_by_test_id("run-name")).to_have_text(name)
    expect(page.get_by_test_id("run-says")).to_contain_text("stopped early: 3 validations were not better than")
    page.wait_for_url(lambda url: "run=" in url and url != before)
    return page.url.partition("run=")[2]


def test_a_run_learns_its_task_fits_a_phone_and_can_be_paused_resumed_downloaded_and_used(tab, visit) -> None:
    page = tab()
    page.get_by_role("button", name=re.compile("More settings")).click()
    for size, units in (("embedding", "32"), ("encoder", "32"), ("decoder", "64")):  # learn it as well, and faster
        choose(page, f"{size}-size", units)
    page.locator("#train-watched input").fill("1 2 3")
    run = start(page, "500 updates")
    expect(page.get_by_test_id("run-says")).to_contain_text(re.compile(r"update [1-9]\d* of 500"), timeout=LONG)
    page.get_by_role("button", name="Pause").click()
    expect(state(page)).to_have_text("paused")
    page.reload()
    page.locator(".train.ready").wait_for()
    expect(state(page)).to_have_text("paused")
    watched = page.get_by_test_id("probe").get_by_role("radio")
    expect(watched.first).to_have_text("1 2 3")  # the visitor's own sentence
    before = traces(page, "loss")[0]["x"]
    stranger = tab(f"&run={run}")
    expect(stranger.get_by_test_id("run-problem")).to_be_visible()
    expect(stranger.get_by_test_id("run-problem")).to_contain_text("There is no run")
    expect(stranger.get_by_test_id("runs")).to_be_hidden()
    page.get_by_role("button", name="Resume").click()
    expect(state(page)).to_have_text("finished", timeout=LONG)
    batches = traces(page, "loss")[0]["x"]
    assert batches[: len(before)] == before and batches == sorted(batches) and batches[-1] <= 500
    exact = next(trace for trace in traces(page, "quality") if trace["name"].startswith("exact match"))
    assert exact["x"][0] == 0 and exact["y"][0] < 5 and exact["x"][-1] == 500 and exact["y"][-1] > 95
    expect(page.get_by_test_id("run-command")).to_contain_text("python -m seq2seq train --out")
    given = "--task reverse --embedding-size 32 --encoder-size 32 --decoder-size 64 --updates 500"
    expect(page.get_by_test_id("run-command")).to_contain_text(given)

    expect_to_fit_a_phone(page)

    # The attention for the first example, before training and at the end.
    probe = page.get_by_test_id("probe")
    probe.get_by_role("radio", name=EXAMPLE.source, exact=True).click()
    expect(probe.get_by_test_id("says")).to_contain_text(f"“{EXAMPLE.target}”")
    expect(probe.get_by_test_id("probe-heat")).to_have_attribute("data-update", "500")
    probe.get_by_test_id("first").click()
    expect(probe.get_by_test_id("says")).to_contain_text("Before training")
    expect(probe.get_by_test_id("probe-heat")).to_have_attribute("data-update", "0")
    probe.get_by_test_id("play").click()
    expect(probe.get_by_test_id("probe-heat")).to_have_attribute("data-update", "500", timeout=LONG)

    # Another visitor loads the downloaded file.
    with page.expect_download() as started:
        page.get_by_test_id("download-model").click()
    assert started.value.suggested_filename == "digits-in-reverse-gru-encoder-decoder-additive-attention.zip"
    stranger.locator("input[type=file]").set_input_files(
        {"name": "model.zip", "mimeType": "application/zip", "buffer": started.value.path().read_bytes()}
    )
    expect(state(stranger)).to_have_text("finished")
    expect(stranger.get_by_test_id("run-name")).to_have_text(page.get_by_test_id("run-name").inner_text())
    assert traces(stranger, "loss") == traces(page, "loss")

    page.get_by_test_id("run-open").get_by_role("link", name="Translate").click()
    page.locator(".player.ready").wait_for()
    assert f"model=run-{run}" in page.url
    expect(page.locator("#text input")).to_have_value(EXAMPLE.source)
    page.locator(".player").get_by_test_id("last").click()
    assert " ".join(output(page)[: steps(page) - 1]) == EXAMPLE.target
    shared = visit(f"?model=run-{run}")  # everyone with the address can use the model
    expect(shared.locator("#text input")).to_have_value(EXAMPLE.source)


def test_runs_are_queued_compared_renamed_and_deleted(tab) -> None:
    page = tab()
    first = start(page, "20,000 updates")
    expect(state(page)).to_have_text("training", timeout=LONG)
    choose(page, "attention", "none")
    page.locator("#train").click()
    expect(state(page)).to_have_text("waiting for its turn, one run is before it")
    expect(page.get_by_test_id("run-command")).to_contain_text("--attention none")
    rows = page.get_by_test_id("runs").locator("tr[data-run]")
    expect(rows).to_have_count(2)
    stop(page)
    row = page.locator(f"tr[data-run='{first}']")
    row.get_by_role("checkbox").check()
    row.get_by_role("button", name="GRU").click()
    expect(state(page)).to_have_text("training")
    row.get_by_role("button", name="Rename").click()
    row.get_by_role("textbox").fill("<b>mine</b>")
    row.get_by_role("textbox").press("Enter")
    expect(row.get_by_role("button", name="<b>mine</b>")).to_be_visible()
    expect(row.get_by_role("button", name="Delete")).to_be_hidden()
    expect(page.locator("#train-attention input")).to_have_value("none")
    row.get_by_role("button", name="These settings again").click()
    expect(page.locator("#train-attention input")).to_have_value("additive")
    stop(page)
    row.get_by_role("button", name="Delete").click()
    row.get_by_role("button", name="Really delete?").click()
    expect(rows).to_have_count(1)
    expect(page.get_by_test_id("train-own")).to_be_visible()


def test_a_file_that_is_no_archive_is_reported_and_the_figures_compare_two_loaded_runs(tab) -> None:
    page = tab()
    file = {"name": "model.zip", "mimeType": "application/zip", "buffer": b"nonsense"}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_role("alert").filter(has_text="The archive is not a zip file")).to_be_visible()
    expect(page.get_by_test_id("runs")).to_be_hidden()
    reach = page.locator(".train").get_by_test_id("figure-reach")
    first = load_events(page, "one", ((0.5, 0.5),), Reached(30, 16, (0, 2), (0.3, 0.1), (1.5, 0.5)))
    expect(reach).to_be_visible()
    assert [(line["name"], line["y"]) for line in traces(page, "reach")[:2]] == [
        ("0 or 1 pieces later", [1.5]),
        ("2 to 4", [0.5]),
    ]
    expect(reach.locator(".legendtext")).to_have_text(["0 or 1 pieces later", "2 to 4"])  # no distance that it does not have
    expect(page.get_by_test_id("probe").locator(".heat-table thead th").first).to_be_attached()
    load_events(page, "two", None)
    expect(reach).to_be_hidden()  # a run of an earlier version
    expect(page.get_by_test_id("probe")).to_contain_text("This model has no attention")
    page.locator(f"tr[data-run='{first}']").get_by_role("checkbox").check()
    accuracy = page.locator(".train").get_by_test_id("figure-accuracy")
    expect(accuracy.locator(".scatterlayer .trace")).to_have_count(4)
    colours = accuracy.locator(".figure-plot").evaluate("plot => plot.data.map(trace => trace.line.color)")
    assert len(colours) == 4 and len(set(colours)) == 2  # one colour for each run, shown in the list of runs
    expect(page.locator(".own-runs .swatch").first).to_have_css("background-color", re.compile(r"rgb\("))
    for plot in page.locator(".train .figure-plot:visible").all():  # no legend is cut off, and no plot is pressed flat
        around, inside = plot.bounding_box(), plot.locator(".cartesianlayer").bounding_box()
        legend = plot.locator(".legend").first.bounding_box()
        assert inside["height"] > 140
        assert around["x"] <= legend["x"] and legend["x"] + legend["width"] <= around["x"] + around["width"] + 1
    page.get_by_role("radio", name="seconds").click()
    assert all(trace["x"] == sorted(trace["x"]) and trace["x"][-1] > 0 for trace in traces(page, "accuracy"))
    page.get_by_test_id("log-loss").check()
    page.wait_for_function(
        "document.querySelector('.train [data-testid=figure-loss] .figure-plot').layout.yaxis.type === 'log'"
    )


def test_impossible_settings_are_explained_and_an_architecture_shows_only_its_own_settings(tab) -> None:
    page = tab()
    page.get_by_role("button", name=re.compile("More settings")).click()
    choose(page, "attention", "dot")
    choose(page, "decoder-size", "64")
    expect(page.get_by_role("alert").filter(has_text="Dot attention multiplies")).to_be_visible()
    expect(page.locator("#train")).to_be_disabled()
    choose(page, "decoder-size", "128")
    expect(page.locator("#train")).to_be_enabled()
    expect(page.get_by_test_id("plan")).to_contain_text("dot attention")
    choose(page, "data", "Digits in order")  # another task keeps the chosen settings
    expect(page.get_by_test_id("plan")).to_contain_text("Digits in order")
    expect(page.get_by_test_id("plan")).to_contain_text("dot attention")
    expect(page.locator("#train-heads")).to_be_hidden()
    choose(page, "architecture", "transformer")
    expect(page.locator("#train-heads")).to_be_visible()
    expect(page.locator("#train-cell")).to_be_hidden()
    expect(page.get_by_test_id("plan")).to_contain_text("Transformer, 4 + 4 layers")
    choose(page, "architecture", "sutskever")
    expect(page.locator("#train-attention input")).to_be_disabled()
    expect(page.locator("#train-attention input")).to_have_value("none")


def test_a_task_with_settings_of_its_own_shows_them_and_the_others_theirs(tab) -> None:
    page = tab()
    plan, attention = page.get_by_test_id("plan"), page.locator("#train-attention input")
    for task, architecture, score, says in (
        ("Spoken digits", "recurrent", "location", "location attention, 1,206,"),
        ("Scenes to sentences", "pointwise", "additive", "decoder with an encoder without recurrence"),
        ("Digits in order", "recurrent", "additive", "GRU encoder-decoder, additive attention"),
    ):
        choose(page, "data", task)
        expect(attention).to_have_value(score)
        expect(page.locator("#train-architecture input")).to_have_value(architecture)
        expect(plan).to_contain_text(says)


def test_a_model_to_start_from_decides_the_shape(tab) -> None:
    page = tab()
    page.get_by_role("button", name=re.compile("More settings")).click()
    size = page.locator("#train-decoder-size input")
    expect(size).to_have_value("128")
    page.locator("#train-from input").click()
    page.locator("#train-from").get_by_role("option").nth(1).click()
    expect(size).to_be_hidden()
    expect(page.get_by_test_id("plan")).to_contain_text("parameters")
    expect(page.locator("#train-learning-rate input")).to_have_value("0.0005")
    expect(page.locator("#train")).to_be_enabled()
    page.locator("#train").click()
    expect(page.get_by_test_id("run-command")).to_contain_text("--from ")
    stop(page)
    choose(page, "from", "from scratch")
    expect(size).to_be_visible()
    expect(page.locator("#train-learning-rate input")).to_have_value("0.004")
