// What the light of Pictures and Sound shows: attention, or deletion, which the server computes when it is asked for.

import { isFixed, logText, probabilityText, rove } from "../lib/dom.js";

export const DELETION = "deletion";

/** Return where the light of a step falls: its values relative to the largest one. */
export function lightOf({ needed, weights }) {
  const most = Math.max(...weights);
  return needed || weights.map((weight) => weight / most);
}

/** Return the position with most of the attention, which stays marked while the light shows deletion; null if it does not. */
export const markedOf = (step) => (step?.needed ? step.weights.indexOf(Math.max(...step.weights)) : null);

/** Format a loss in nats, never as a false zero. */
export const lossText = (loss) => (Math.abs(loss) < 0.005 ? "< 0.01" : logText(loss));

/** Write the probability of a word as an equation, or as a limit. */
export const equationOf = ({ p }) => `p ${p < 0.005 || p > 0.995 ? "" : "= "}${probabilityText(p)}`;

/** Make the switch of a view; `choose(light)` asks the server, `mark` says how attention is marked in the light of deletion.
 *  The result has `open(payload)`. */
export function makeLight(root, mark, choose) {
  const place = root.querySelector(".sense-light");
  const buttons = [...place.querySelectorAll("[data-light]")];
  const says = (text) => (place.querySelector("[role=status]").textContent = text);
  let current = "";

  function check(light) {
    for (const button of buttons) {
      button.setAttribute("aria-checked", String(button.dataset.light === light));
      button.tabIndex = button.dataset.light === light ? 0 : -1;
    }
  }

  function open({ light }) {
    current = light;
    check(light);
    root.classList.toggle("sense-needs", light === DELETION);
    says(light === DELETION ? mark : "");
  }

  for (const button of buttons) {
    button.addEventListener("click", () => {
      const { light } = button.dataset;
      if (!current || light === current || isFixed("tools")) return;
      check(light);
      if (light === DELETION) says("Hiding one place after another…");
      choose(light);
    });
  }
  rove(place.querySelector("[role=radiogroup]"), () => buttons, (button) => button.click());
  return { open };
}
