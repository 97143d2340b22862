// Ink is weight: a weight or a probability of 0 has the colour of the page, and 1 has one dark, saturated colour. The mixture is
// made in OKLab (Ottosson 2020), in which equal steps look equal. In the page, app.css mixes the colours (`.shaded`); this module
// does the same for pictures and files.

export const STRONG = 0.64; // from here on, numbers on a cell change from black to white (dark page: from white to black)
// A file looks like the light page: these are colours of app.css, under the same names.
export const PAPER = {
  surface: "#ffffff", raised: "#f6f7f9", line: "#d5dae1", grid: "#dde2e9", ink: "#1a1f27", "ink-soft": "#4b5563", source: "#1b4fc4",
  target: "#92490a", "target-fill": "#b8620f", alarm: "#a4161a", frame: "#e07a0a", weight: "#08287a",
};

/** Give an element the colour of `share`, and a text colour with enough contrast. */
export function shade(node, share) {
  node.classList.add("shaded");
  node.style.setProperty("--share", share);
  node.classList.toggle("strong", share > STRONG);
}

/** Return the two ends of the scale in the page's theme. */
export function endsOf(root) {
  const style = getComputedStyle(root);
  return { surface: style.getPropertyValue("--surface").trim(), weight: style.getPropertyValue("--weight").trim() };
}

/** Return a function from a share to its colour, [red, green, blue] from 0 to 255. */
export function shades({ surface, weight }) {
  const [from, to] = [surface, weight].map(toLab);
  return (share) => fromLab(from.map((value, i) => value + (to[i] - value) * share));
}

/** Return a colour as #rrggbb. */
export const hex = (rgb) => `#${rgb.map((value) => value.toString(16).padStart(2, "0")).join("")}`;

const times = (matrix, vector) => matrix.map((row) => row.reduce((sum, value, i) => sum + value * vector[i], 0));
const TO_CONES = [
  [0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005],
];
const CONES_TO_LAB = [
  [0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099], [0.0259040371, 0.7827717662, -0.808675766],
];
const LAB_TO_CONES = [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]];
const FROM_CONES = [
  [4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965], [-0.0041960863, -0.7034186147, 1.707614701],
];

function toLab(colour) {
  const linear = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return times(CONES_TO_LAB, times(TO_CONES, linear).map(Math.cbrt));
}

function fromLab(lab) {
  return times(FROM_CONES, times(LAB_TO_CONES, lab).map((value) => value ** 3)).map((linear) => {
    const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
    return Math.round(255 * Math.min(1, Math.max(0, value)));
  });
}
