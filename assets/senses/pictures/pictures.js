// The view Pictures: a scene that can be changed, and light on the places that the decoder looks at, word by word.

import { percentText } from "../../lib/charts/heat-table.js";
import { isFixed, part } from "../../lib/dom.js";
import { lightOf, lossText, makeLight, markedOf } from "../light.js";
import { makeCanvas } from "./pictures-canvas.js";
import { picturesFiles } from "./pictures-files.js";
import { makeWordsPlayer } from "../words-player.js";

const STEP_MS = 1100;
const MOVES = [0, 0.5]; // the part of a step in which the light moves

export function start({ element, trigger, props, watch }) {
  const player = makeWordsPlayer({ element, props, watch }, "pictures", {
    stepMs: STEP_MS, writtenAt: MOVES[1], open, draw,
  });
  const { root, find, store } = player;
  const canvas = makeCanvas(root, (scene) => trigger("scene", { scene }));
  const light = makeLight(root, "Ring: most attention", (chosen) => trigger("light", { light: chosen }));
  find(".pictures-files").appendChild(picturesFiles(store));

  function open(payload) {
    find(".pictures-right").textContent = verdict(payload);
    light.open(payload);
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
    const { steps, places } = store.payload;
    const lit = (number) => (number > 0 ? lightOf(steps[number - 1]) : Array(places.length).fill(1)); // before the first word, all is bright
    const [before, after] = [lit(step - 1), lit(step)];
    const moved = step ? part(phase, ...MOVES) : 1;
    canvas.light(after.map((share, i) => before[i] + (share - before[i]) * moved), step > 0);
    canvas.mark(markedOf(steps[step - 1]));
  }

  canvas.onPoint((index) => {
    const step = store.payload.steps[store.step - 1];
    const named = `row ${Math.floor(index / 8) + 1}, column ${(index % 8) + 1}`;
    if (!step) return named;
    const needs = step.losses ? ` Without it and its neighbours, “${step.text}” loses ${lossText(step.losses[index])} nats.` : "";
    return `${named}: ${percentText(step.weights[index])} of the weight.${needs}`;
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
