// The board of the Train tab: while it is visible, it asks the server for news and draws them. Training does not depend on it.

import { makeBoard } from "../lib/component.js";
import { html, saveFile } from "../lib/dom.js";
import { makeRunCurves } from "./curves.js";
import { makeProbe } from "./probe.js";
import { makeRuns, RUN_STATES } from "./runs.js";

const ASK_MS = 1000; // while a run trains or waits for its turn
const REST_MS = 5000; // otherwise
const RECORDED = "recorded"; // the run that is bundled with the page, and its state
const SOLVED = 95; // % of exact translations
const ELSEWHERE = 0.3; // below this share of the weight, the attention is not on the true alignment
const SPEED_POINTS = 20; // the speed is the mean over so many reported updates

export function start({ element, trigger, props, watch, server }) {
  const root = element.querySelector(".train");
  const find = (selector) => root.querySelector(selector);
  const curves = makeRunCurves(root, props.plotly);
  const probe = makeProbe(element, root, () => redraw());
  const compared = new Set();
  const known = new Map(); // by run: everything that it has reported
  let owner = "";
  let shown = ""; // the run on the board
  let timer = 0;
  let asking = false;
  let again = false; // something changed after the request that is on its way
  let board = { link: [] }; // the payload; its `link` becomes the address
  let link = null;
  const runs = makeRuns(root, { open: choose, compare, order, again: (run) => trigger("again", { run }) });

  function show(payload) {
    owner = payload.owner;
    board = payload;
    curves.show(payload.figures);
    problem(payload.problem);
    open(payload.run);
    if (payload.begun) bringIntoSight(find(".run"));
  }

  /** Scroll to a run that was just started: it may be below a long form. */
  function bringIntoSight(section) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (section.getBoundingClientRect().top > innerHeight / 2) section.scrollIntoView({ behavior: calm ? "auto" : "smooth" });
  }

  function choose(run) {
    problem("");
    open(run);
  }

  function open(run) {
    if (run !== shown) probe.forget();
    shown = run;
    compared.delete(run);
    board.link = run && run !== RECORDED ? [["run", run]] : [];
    if (link) link.update();
    find("[data-testid=train-own]").hidden = run !== RECORDED;
    find(".run").hidden = find(".train-look").hidden = !run;
    if (known.has(run)) draw(known.get(run));
    ask();
  }

  function compare(run, beside) {
    if (beside) compared.add(run);
    else compared.delete(run);
    ask();
  }

  async function order(run, what, more = {}) {
    const answer = await server.order({ owner, run, what, ...more });
    problem(answer.problem);
    if (what === "delete" && !answer.problem) {
      known.delete(run);
      compared.delete(run);
      if (run === shown) return open(RECORDED);
    }
    ask();
  }

  /** Ask for news of all runs that are drawn, one request at a time, and ask again later. */
  async function ask() {
    if (asking) return (again = true);
    if (!owner || document.hidden || !root.clientWidth) return later(REST_MS);
    asking = true;
    again = false;
    try {
      const listed = await server.list_runs({ owner });
      if (!listed.problem) {
        runs.show(listed.runs, shown, compared);
      }
      for (const run of new Set([shown, ...compared])) if (run && !(run === RECORDED && known.has(run))) await follow(run);
    } catch {
      say("The connection is lost. The run continues; this page will try again.");
    } finally {
      asking = false;
    }
    later(again ? 0 : active(known.get(shown)) ? ASK_MS : REST_MS);
  }

  function later(ms) {
    clearTimeout(timer);
    if (element.isConnected) timer = setTimeout(ask, ms);
  }

  const active = (run) => run && ["queued", "starting", "running", "paused", "stopping"].includes(run.state);

  async function follow(id) {
    const before = known.get(id);
    const answer = await server.follow({ owner, run: id, place: before ? before.place : "" });
    if (answer.problem) return problem(answer.problem);
    const told = before && !answer.anew ? added(before.told, answer.told) : answer.told;
    known.set(id, { ...answer, told });
    if (id === shown) draw(known.get(id));
    else redraw();
  }

  /** Join the earlier reports of a run and the new ones. */
  function added(told, news) {
    const columns = (a, b) => Object.fromEntries(Object.keys(a).map((name) => [name, a[name].concat(b[name])]));
    return {
      steps: columns(told.steps, news.steps),
      validated: columns(told.validated, news.validated),
      measured: columns(told.measured, news.measured),
      reached: columns(told.reached, news.reached),
      started: told.started.concat(news.started),
      samples: told.samples.concat(news.samples),
      finished: news.finished || told.finished,
      device: news.device || told.device,
      split: news.split || told.split,
      stopped: news.stopped || told.stopped,
      tested: news.tested || told.tested,
    };
  }

  function draw(run) {
    const { told, state } = run;
    const section = find(".run");
    section.dataset.state = state;
    find("[data-testid=run-name]").textContent = run.name;
    const before = run.waiting === 1 ? "one run is" : `${run.waiting} runs are`;
    const waiting = run.waiting ? `, ${before} before it` : "";
    find(".run-state").textContent = RUN_STATES[state] + (state === "queued" ? waiting : "");
    const possible = {
      pause: ["starting", "running"], resume: ["paused", "stopped", "failed"], stop: ["queued", "starting", "running", "paused"],
    };
    for (const button of section.querySelectorAll("[data-order]")) button.hidden = !possible[button.dataset.order].includes(state);
    const share = told.finished ? 1 : told.steps.share.at(-1) || 0;
    if (state === "starting") find("progress").removeAttribute("value"); // it moves, though nothing can be counted yet
    else find("progress").value = share;
    find("progress").textContent = `${Math.round(100 * share)}%`;
    say(progress(run, share));
    find(".run-verdict").textContent = verdict(told);
    find(".run-note").textContent = run.note;
    find(".run-failure").textContent = state === "failed" ? run.failure : "";
    find(".run-open").hidden = !run.open.length;
    const links = run.open.map(({ name, address }) => {
      const anchor = html("a", "", name);
      anchor.href = address;
      return anchor;
    });
    find(".run-open span").replaceChildren(...links.flatMap((anchor, i) => (i ? [" · ", anchor] : [anchor])));
    find("[data-testid=download-model]").hidden = state !== "finished";
    find(".run-command").hidden = !run.command;
    find("[data-testid=run-command]").textContent = run.command;
    find("[data-testid=download-pairs]").hidden = !run.has_files;
    find(".train-look").hidden = !told.steps.update.length && !told.samples.length;
    probe.show(told.samples, state === RECORDED);
    redraw();
  }

  /** Say in words what a finished run of a task has learned, and what to try next. */
  function verdict({ tested, finished, measured }) {
    if (!tested || !finished) return "";
    const aligned = measured.aligned.findLast((value) => value !== null) ?? null;
    const said = [`${tested.exact.toFixed(tested.exact % 1 ? 1 : 0)}% of ${tested.sentences.toLocaleString("en")} test examples are exactly right (free-running, greedy), after ${left(finished.seconds)} of training.`];
    if (aligned !== null) {
      const share = `${Math.round(100 * aligned)}% of the attention weight is on the true alignment (teacher-forced).`;
      const elsewhere = tested.exact >= SOLVED && aligned < ELSEWHERE;
      said.push(elsewhere ? `The answers are right, but the attention is elsewhere: only ${share}` : share);
    }
    if (tested.exact < SOLVED) said.push(aligned === null ? "Try attention, or a longer run." : "Try a longer run, or another score function.");
    return said.join(" ");
  }

  function progress({ told, state }, share) {
    const whole = (value) => Math.round(value).toLocaleString("en");
    const started = told.started.at(-1);
    if (!started) return state === "starting" ? "Preparing data and vocabulary, and measuring speed…" : "";
    const { update, tokens, seconds } = told.steps;
    const said = [`update ${whole(told.finished?.update ?? update.at(-1) ?? started.update)} of ${whole(started.updates)}`];
    const from = Math.max(0, update.length - SPEED_POINTS);
    const time = seconds.at(-1) - seconds[from];
    if (time > 0 && state === "running") {
      const mean = tokens.slice(from).reduce((a, b) => a + b, 0) / (tokens.length - from);
      said.push(`${whole((mean * (update.at(-1) - update[from])) / time)} target pieces a second`);
      if (share > 0) said.push(`about ${left((seconds.at(-1) * (1 - share)) / share)} left`);
    }
    if (told.stopped) said.push(`stopped early: ${told.stopped.why}`);
    if (told.finished) said.push(`${left(told.finished.seconds)} of training`);
    if (told.device) said.push(...used(told.device));
    if (told.split) said.push(`a batch did not fit in memory: each is split into ${told.split.parts} parts`);
    said.push(`${whole(started.parameters)} parameters`, `${whole(started.pairs)} pairs`, `${started.device}, ${started.precision}`);
    return said.join(" · ");
  }

  const used = ({ memory, memory_of_device: all, utilisation }) => [
    `at most ${(memory / 2 ** 30).toFixed(1)} of ${Math.round(all / 2 ** 30)} GiB of memory`,
    ...(utilisation === null ? [] : [`GPU busy ${Math.round(100 * utilisation)}% of the time`]),
  ];

  const left = (seconds) => (seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`);

  /** Draw the curves of the shown run and, thinner, of the runs compared with it. */
  function redraw() {
    const here = known.get(shown);
    if (!here) return;
    const drawn = [shown, ...[...compared].filter((id) => known.has(id))];
    curves.draw(drawn.map((id) => ({ ...known.get(id), colour: runs.colourOf(id) })), here.state === RECORDED ? probe.update : undefined);
  }

  const say = (text) => (find(".run-says").textContent = text);
  const problem = (text) => (find(".run-problem").textContent = text);

  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-order]");
    if (button) order(shown, button.dataset.order);
  });
  find("[data-testid=copy]").addEventListener("click", () => navigator.clipboard?.writeText(find("[data-testid=run-command]").textContent));
  const download = (answer) => {
    problem(answer.problem);
    if (!answer.problem) saveFile(answer.name, `data:application/zip;base64,${answer.content}`);
  };
  find("[data-testid=download-model]").addEventListener("click", async () => download(await server.download({ owner, run: shown })));
  find("[data-testid=download-pairs]").addEventListener("click", async () => download(await server.download_pairs({ owner, run: shown })));
  find("[data-testid=train-own]").addEventListener("click", () => document.getElementById("train").click());
  document.addEventListener("visibilitychange", () => !document.hidden && ask());
  probe.onChoice(() => known.has(shown) && probe.show(known.get(shown).told.samples));
  link = makeBoard(root, props, watch, show, () => {
    curves.paint();
    ask();
  });
}
