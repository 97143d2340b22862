// The view Sound: a spectrogram, light on the places that the decoder looks at, and what it writes under them.

import { html, isFixed, part, svg } from "../../lib/dom.js";
import { lightOf, makeLight, markedOf } from "../light.js";
import { soundFiles } from "./sound-files.js";
import { makeRecorder, wavOf } from "./sound-recorder.js";
import { makeWordsPlayer } from "../words-player.js";

const STEP_MS = 1000;
const MOVES = [0, 0.5]; // the part of a step in which the light moves
const BRIGHT = 0.6; // opacity of full light
const CROWDED = 6; // words that stand in one line on a phone

export function start({ element, trigger, props, watch }) {
  const player = makeWordsPlayer({ element, props, watch }, "sound", {
    stepMs: STEP_MS, writtenAt: MOVES[1], open, draw,
  });
  const { root, find, store } = player;
  const light = makeLight(root, "Dashed: most attention", (chosen) => trigger("light", { light: chosen }));
  find(".sound-files").appendChild(soundFiles(store));
  const audio = new Audio();
  const hint = (text) => (find(".sound-hint").textContent = text);
  const at = (seconds) => `${(100 * seconds) / store.payload.seconds}%`;

  function open(payload) {
    audio.pause();
    audio.src = payload.audio;
    const { places, seconds, spoken, steps } = payload;
    light.open(payload);
    find(".sound-spectrogram").src = payload.media;
    find(".sound-screen").setAttribute("aria-label", `Spectrogram of ${seconds.toFixed(1)} seconds${payload.voice ? `, voice ${payload.voice}` : ""}`);
    for (const name of [".sound-light", ".sound-bars"]) {
      const picture = find(name);
      picture.setAttribute("viewBox", `0 0 ${places} 1`);
      picture.replaceChildren();
      for (let i = 0; i < places; i++) svg("rect", { x: i, width: 1, y: 0, height: name === ".sound-light" ? 1 : 0 }, picture);
    }
    find(".sound-spoken").replaceChildren(...(spoken || []).map(({ text, start, end }) => placed(text, start, end)));
    find(".sound-heard").replaceChildren(...steps.map(({ text, kind, heaviest }) => placed(kind === "end" ? "·" : text, heaviest)));
    find(".sound-axis").replaceChildren(...Array.from({ length: Math.floor(seconds) + 1 }, (_, second) => placed(`${second} s`, second)));
    find(".sound-strip").classList.toggle("sound-crowded", steps.length > CROWDED);
    find(".sound-right").textContent = verdict(payload);
    hint("");
  }

  /** Return a text from one moment to another, or in the middle of one moment, but not beyond the edges. */
  function placed(text, from, to) {
    const node = html("span", "", text);
    node.style.left = to ? at(from) : `clamp(1.5em, ${at(from)}, calc(100% - 1.5em))`;
    if (to) node.style.width = at(to - from);
    return node;
  }

  function verdict({ right, text, spoken }) {
    if (!spoken) return text ? "This is your sound, so the page does not know what is right." : "It hears no digit in your sound.";
    if (!spoken.length) return text ? "Nobody speaks here, so nothing would be right." : "Right: nobody speaks here, and it writes nothing.";
    const said = spoken.map((word) => word.text).join(" ");
    const count = spoken.length === 1 ? "The digit is" : `All ${spoken.length} digits are`;
    return right ? `${count} right.` : `Not all is right. The voice says: ${said}.`;
  }

  function draw(step, phase) {
    const { steps, places, seconds } = store.payload;
    const moved = step ? part(phase, ...MOVES) : 1;
    const between = (valuesOf) => {
      const [before, after] = [step - 1, step].map((number) => (number > 0 ? valuesOf(steps[number - 1]) : Array(places).fill(0)));
      return after.map((value, i) => before[i] + (value - before[i]) * moved);
    };
    const [lit, bars] = [find(".sound-light").children, find(".sound-bars").children];
    between(lightOf).forEach((share, i) => lit[i].setAttribute("opacity", BRIGHT * share));
    between(({ needed, weights }) => needed || weights).forEach((value, i) => {
      bars[i].setAttribute("height", value);
      bars[i].setAttribute("y", 1 - value);
    });
    [...find(".sound-heard").children].forEach((word, index) => {
      word.classList.toggle("sound-there", index + 1 < step || (index + 1 === step && phase > MOVES[1]));
      word.classList.toggle("sound-now", index + 1 === step);
    });
    const allowed = step ? steps[step - 1].window : null;
    const frame = find(".sound-window");
    frame.hidden = !allowed;
    if (allowed) Object.assign(frame.style, { left: at(allowed[0]), width: at(allowed[1] - allowed[0]) });
    const marked = markedOf(steps[step - 1]);
    const looks = find(".sound-mark");
    looks.hidden = marked === null;
    if (marked !== null) Object.assign(looks.style, { left: at((marked * seconds) / places), width: at(seconds / places) });
  }

  function follow() {
    find(".sound-playhead").hidden = audio.paused;
    if (store.payload) find(".sound-playhead").style.left = at(Math.min(audio.currentTime, store.payload.seconds));
    find("[data-do=listen]").textContent = audio.paused ? "Listen" : "Stop";
    if (!audio.paused) requestAnimationFrame(follow);
  }
  for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, follow);

  const recorder = makeRecorder({
    say: hint,
    shown: (seconds) => {
      const button = find("[data-do=record]");
      button.classList.toggle("sound-on", seconds !== null);
      button.textContent = seconds === null ? "Record your voice" : `Stop recording (${seconds} s)`;
    },
    done: (data) => trigger("own", { data }),
  });
  find(".sound-tools").addEventListener("click", ({ target }) => {
    const action = target.closest("[data-do]")?.dataset.do;
    if (!action || !store.payload) return;
    if (action === "listen") {
      if (audio.paused) audio.play();
      else audio.pause();
      audio.currentTime = 0;
    } else if (!isFixed("tools")) recorder.toggle();
  });
  find("[data-testid=sound-file]").addEventListener("change", async ({ target }) => {
    const [file] = target.files;
    target.value = "";
    if (!file || isFixed("tools")) return;
    hint("Reading the file…");
    trigger("own", { data: await wavOf(file) });
  });
  player.begin();
}
