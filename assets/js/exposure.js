// Many sentences: progress while they are measured, then figures, the worst sentences and the table.

function startExposure(element, props, watch) {
  const root = element.querySelector(".exposure");
  const find = (selector) => root.querySelector(selector);
  const store = { payload: null };
  const link = makeLink(store, props.address);
  const figures = makeFigures(root, find(".figures"), props.plotly);

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
    figures.show(payload.figures || []);
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

  find("[data-testid=csv]").addEventListener("click", () => saveFile("by-position.csv", store.payload.table.csv, "text/csv"));
  new ResizeObserver(() => {
    if (!store.payload || !root.clientWidth) return;
    link.update();
    figures.paint();
  }).observe(root);
  watch("value", open);
  open();
}
