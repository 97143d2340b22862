// The view Pictures: a scene that can be changed, and light on the places that the decoder looks at, word by word.

import { percentText } from "../lib/charts/heat-table.js";
import { isFixed, part } from "../lib/dom.js";
import { makeCanvas } from "./pictures-canvas.js";
import { makeWordsPlayer } from "./words-player.js";

const STEP_MS = 1100;
const MOVES = [0, 0.5]; // the part of a step in which the light moves

export function start({ element, trigger, props, watch }) {
  const player = makeWordsPlayer({ element, props, watch }, "pictures", {
    stepMs: STEP_MS, writtenAt: MOVES[1], open, draw,
  });
  const { root, find, store } = player;
  const canvas = makeCanvas(root, (scene) => trigger("scene", { scene }));

  function open(payload) {
    find(".pictures-right").textContent = verdict(payload);
    canvas.open(payload);
  }

  function verdict({ right, text, scene, touch, unseen }) {
    if (!scene) return "This picture was not drawn here, so there is no right sentence to compare with. The model can only name shapes.";
    const news = unseen.length ? ` Never seen in training: ${unseen.join(", ")}.` : "";
    if (touch) return `Some shapes touch, as in no scene of the training. The model may name them wrongly.${news}`;
    if (!right) return `Several sentences describe this scene equally well, so none is the right one.${news}`;
    return (right === text ? "The sentence is right." : `The sentence is wrong. Right is: ${right}.`) + news;
  }

  function draw(step, phase) {
    const { steps } = store.payload;
    const none = Array(store.payload.places.length).fill(0);
    const before = step > 1 ? steps[step - 2].weights : none;
    const after = step ? steps[step - 1].weights : none;
    const moved = step ? part(phase, ...MOVES) : 1;
    canvas.light(after.map((weight, i) => before[i] + (weight - before[i]) * moved));
  }

  canvas.onPoint((index) => {
    const step = store.payload.steps[store.step - 1];
    const named = `row ${Math.floor(index / 8) + 1}, column ${(index % 8) + 1}`;
    return step ? `${named}: ${percentText(step.weights[index])} of the weight` : named;
  });
  find("[data-testid=pictures-file]").addEventListener("change", ({ target }) => {
    const [file] = target.files;
    if (!file || isFixed("tools")) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => trigger("own", { data: reader.result }));
    reader.readAsDataURL(file);
    target.value = "";
  });
  player.begin();
}
