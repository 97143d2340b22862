// Plotly, from the Python package plotly: loaded once, when a figure is first drawn.

let plotlyLoading = null;

/** Load Plotly once. If the page already has another copy, `window.Plotly` keeps that copy. */
export function loadPlotly(address) {
  plotlyLoading ||= new Promise((resolve, reject) => {
    const before = window.Plotly;
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => {
      resolve(window.Plotly);
      if (before) window.Plotly = before;
    };
    script.onerror = () => reject(new Error("the drawing library could not be loaded"));
    document.head.appendChild(script);
  });
  return plotlyLoading;
}

/** Run `draw` while the page has no <base> address. With a <base>, Plotly writes the page's address into its references (clip
 *  paths, the gradient of the colour bar), and they break as soon as the address changes, as ours does at each step. */
export function withoutBase(draw) {
  const base = document.querySelector("base");
  const href = base && base.getAttribute("href");
  if (href === null) return draw();
  base.removeAttribute("href");
  try {
    return draw(); // Plotly reads <base> before it returns, though it may go on drawing later
  } finally {
    base.setAttribute("href", href);
  }
}
