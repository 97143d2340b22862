// The list of a visitor's runs: choose the run that is shown and those whose curves are compared with it; rename or delete a
// run.

import { html } from "../lib/dom.js";

export const RUN_STATES = {
  queued: "waiting for its turn", starting: "preparing", running: "training", paused: "paused", stopping: "stopping",
  stopped: "stopped", finished: "finished", failed: "failed", elsewhere: "from a file", recorded: "recorded earlier, with the command below",
};

const COLOURS = 6; // --run-1 to --run-6 in train.css

export function makeRuns(root, { open, compare, order, again }) {
  const section = root.querySelector(".own-runs");
  const table = section.querySelector("table");
  const colours = new Map();
  let drawn = "";

  /** Show the list. `shown` is the run on the board, `compared` holds the runs whose curves are drawn with its own. */
  function show(runs, shown, compared) {
    section.hidden = !runs.length;
    const now = JSON.stringify([runs, shown, [...compared]]);
    if (now === drawn || section.contains(document.activeElement) && document.activeElement.type === "text") return;
    drawn = now;
    const focus = section.contains(document.activeElement) ? document.activeElement.dataset.key : "";
    const head = html("tr");
    for (const name of ["run", "state", "started", "compare", ""]) head.appendChild(html("th", "", name)).scope = "col";
    table.replaceChildren(head, ...runs.map((run) => row(run, run.id === shown, compared.has(run.id))));
    if (focus) section.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
  }

  /** Return the colour of a run's curves, a CSS variable; a run keeps its colour. */
  function colourOf(id) {
    if (!colours.has(id)) colours.set(id, colours.size % COLOURS);
    return `--run-${1 + colours.get(id)}`;
  }

  function row(run, isShown, isCompared) {
    const line = html("tr", isShown ? "shown" : "");
    line.dataset.run = run.id;
    const name = line.appendChild(html("td"));
    const swatch = name.appendChild(html("span", "swatch"));
    if (isShown || isCompared) swatch.style.setProperty("--colour", `var(${colourOf(run.id)})`);
    name.appendChild(button(run, run.name, "open", () => open(run.id))).setAttribute("aria-current", String(isShown));
    line.append(html("td", "", RUN_STATES[run.state]), html("td", "", new Date(run.created * 1000).toLocaleString([], { dateStyle: "short", timeStyle: "short" })));
    const beside = line.appendChild(html("td")).appendChild(html("input"));
    beside.type = "checkbox";
    beside.checked = isCompared;
    beside.disabled = isShown;
    beside.dataset.key = `compare ${run.id}`;
    beside.setAttribute("aria-label", `Compare “${run.name}” with the shown run`);
    beside.addEventListener("change", () => compare(run.id, beside.checked));
    const tools = line.appendChild(html("td"));
    if (run.state !== "elsewhere") tools.append(button(run, "These settings again", "again", () => again(run.id)));
    tools.append(button(run, "Rename", "rename", () => rename(run, name)));
    if (["stopped", "finished", "failed", "elsewhere"].includes(run.state)) tools.append(button(run, "Delete", "delete", (event) => remove(run, event)));
    return line;
  }

  function button(run, text, what, act) {
    const made = html("button", "text-button", text);
    made.type = "button";
    made.dataset.key = `${what} ${run.id}`;
    made.addEventListener("click", act);
    return made;
  }

  function rename(run, cell) {
    const input = html("input");
    input.type = "text";
    input.value = run.name;
    input.maxLength = 80;
    input.setAttribute("aria-label", "New name");
    const end = (keep) => {
      input.blur();
      drawn = "";
      if (keep) order(run.id, "rename", { name: input.value });
      else cell.replaceChildren(button(run, run.name, "open", () => open(run.id)));
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === "Escape") end(event.key === "Enter");
    });
    cell.replaceChildren(input);
    input.focus();
    input.select();
  }

  /** Delete a run at the second press; the first press only asks. */
  function remove(run, { target }) {
    if (target.dataset.sure) return order(run.id, "delete");
    target.dataset.sure = "yes";
    target.textContent = "Really delete?";
    target.addEventListener("blur", () => {
      delete target.dataset.sure;
      target.textContent = "Delete";
    }, { once: true });
  }

  return { show, colourOf };
}
