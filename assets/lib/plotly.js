// Plotly, which plotly.py brings along: loaded once, when something is first drawn with it.

let plotlyLoading = null;

/** Plotly, loaded once, when first needed, and kept apart from any copy that another part of the page brings along. */
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

/** Resolves when `node` is on the screen, or nearly so. */
export function inSight(node) {
  return new Promise((resolve) => {
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      resolve();
    }, { rootMargin: "300px" });
    observer.observe(node);
  });
}

/** Run `draw` while the page's <base> is out of sight. Where there is one, Plotly's first drawing writes the page's address into
 *  its references (clip paths, the colour bar's gradient), and they break as soon as the address changes, as ours does at each step. */
export function withoutBase(draw) {
  const base = document.querySelector("base");
  const href = base && base.getAttribute("href");
  if (href === null) return draw();
  base.removeAttribute("href");
  try {
    return draw(); // looks for it before it returns; the rest of the drawing may follow later
  } finally {
    base.setAttribute("href", href);
  }
}
