// Many sentences: progress while they are measured, then figures, the worst sentences and the table.

const LANE_COLOURS = { forced: "--ink", free: "--target-fill" };

function startExposure(element, props, watch) {
  const root = element.querySelector(".exposure");
  const find = (selector) => root.querySelector(selector);
  const store = { payload: null };
  const link = makeLink(store, props.address);
  let plots = [];

  function open() {
    const payload = payloadOf(props);
    if (!payload) return;
    find(".progress").hidden = payload.share === undefined;
    root.dataset.busy = payload.share !== undefined;
    if (payload.share !== undefined) {
      find("progress").value = payload.share;
      find(".progress-says").textContent = payload.says;
      return;
    }
    store.payload = payload;
    find(".exposure-about").textContent = payload.about;
    find(".origin").textContent = `${payload.model.title}. Trained on ${payload.model.trained_on}`;
    headline(payload.headline || []);
    worst(payload.worst || []);
    table(payload.table);
    draw(payload.figures || []);
    root.dataset.serial = payload.serial;
    root.classList.add("ready");
    link.update();
  }

  function headline(entries) {
    const list = find(".headline");
    list.replaceChildren(...entries.map(({ name, value }) => {
      const box = html("div");
      box.append(html("dt", "", name), html("dd", "", value));
      return box;
    }));
  }

  function worst(rows) {
    find(".worst").hidden = !rows.length;
    find(".worst ol").replaceChildren(...rows.map((row) => {
      const line = html("li");
      const open = line.appendChild(html("a", "", row.source));
      open.href = row.address;
      line.append(html("span", "target", row.hypothesis), html("span", "hint", `reference: ${row.reference}`));
      line.append(html("span", "hint", `${row.forced} and ${row.free} of ${row.pieces} pieces right`));
      return line;
    }));
  }

  function table(data) {
    find(".by-position").hidden = !data;
    if (!data) return;
    const head = html("tr");
    for (const name of data.columns) head.appendChild(html("th", "number", name.replaceAll("_", " "))).scope = "col";
    const rows = data.rows.map((values) => {
      const line = html("tr");
      values.forEach((value, i) => line.appendChild(html("td", "number", i < 2 ? String(value) : value.toFixed(3))));
      return line;
    });
    find("table").replaceChildren(head, ...rows);
  }

  function draw(figures) {
    const place = find(".figures");
    place.replaceChildren();
    plots = figures.map((entry) => {
      const box = place.appendChild(html("figure"));
      box.dataset.testid = `figure-${entry.name}`;
      box.append(html("h3", "", entry.title), html("p", "hint", entry.note));
      const plot = box.appendChild(html("div", "figure-plot"));
      plot.setAttribute("role", "img");
      plot.setAttribute("aria-label", `${entry.title} ${entry.note} The numbers are in the table and the download below.`);
      return { plot, figure: entry.figure };
    });
    paint();
  }

  function paint() {
    const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();
    for (const { plot, figure } of plots) {
      if (!plot.clientWidth) continue; // out of sight: drawn when it comes into sight
      const data = figure.data.map((trace) => {
        const shade = color(LANE_COLOURS[trace.meta.lane]);
        if (trace.meta.part === "band") return { ...trace, fillcolor: rgba(shade, 0.18) };
        return { ...trace, line: { ...trace.line, color: shade }, marker: { ...trace.marker, color: shade } };
      });
      const axis = { gridcolor: color("--line"), linecolor: color("--line"), tickfont: { size: 16 }, automargin: true };
      const layout = {
        ...figure.layout,
        height: 340,
        width: plot.clientWidth,
        paper_bgcolor: "transparent",
        plot_bgcolor: "transparent",
        font: { family: "system-ui, sans-serif", size: 16, color: color("--ink") },
        xaxis: { ...figure.layout.xaxis, ...axis, nticks: plot.clientWidth < 500 ? 8 : 16 },
        yaxis: { ...figure.layout.yaxis, ...axis },
        hoverlabel: { bgcolor: color("--surface"), bordercolor: color("--line"), font: { color: color("--ink"), size: 16 } },
      };
      loadPlotly(props.plotly).then((plotly) => withoutBase(() => plotly.react(plot, data, layout, { displayModeBar: false })));
    }
  }

  /** Plotly's own colours know no color-mix. */
  const rgba = (hex, alpha) => `rgba(${[1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)).join(",")},${alpha})`;

  find("[data-testid=csv]").addEventListener("click", () => saveFile("by-position.csv", store.payload.table.csv, "text/csv"));
  new ResizeObserver(() => {
    if (!store.payload || !root.clientWidth) return;
    link.update();
    paint();
  }).observe(root);
  new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  watch("value", open);
  open();
}
