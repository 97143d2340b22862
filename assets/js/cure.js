// The cure: recipes of training compared, beside what their paper found.

function startCure(element, props, watch) {
  const root = element.querySelector(".cure");
  const find = (selector) => root.querySelector(selector);
  const store = { payload: null };
  const link = makeLink(store, props.address);
  const figures = makeFigures(root, find(".figures"), props.plotly);

  function open() {
    const payload = payloadOf(props);
    if (!payload) return;
    store.payload = payload;
    find(".exposure-about").textContent = payload.about;
    find(".verdicts").replaceChildren(...(payload.verdict || []).map((said) => html("p", "", said)));
    find(".why").textContent = payload.why || "";
    recipes(payload.table);
    published(payload.published);
    lanes(payload.lanes);
    figures.show(payload.figures);
    root.classList.add("ready");
    link.update();
  }

  function heads(columns, firstNumber) {
    const row = html("tr");
    columns.forEach((name, i) => (row.appendChild(html("th", i < firstNumber ? "" : "number", name)).scope = "col"));
    return row;
  }

  function recipes(table) {
    if (!table) return find("[data-testid=recipes]").replaceChildren();
    const rows = table.rows.map(({ name, hint, cells }) => {
      const row = html("tr");
      const title = row.appendChild(html("th", "recipe"));
      title.scope = "row";
      title.append(html("strong", "", name), html("small", "", hint));
      for (const { value, band } of cells) {
        const cell = row.appendChild(html("td", "number", value));
        cell.appendChild(html("small", "", band));
      }
      return row;
    });
    find("[data-testid=recipes]").replaceChildren(heads(table.columns, 1), ...rows);
  }

  function published({ columns, rows }) {
    const lines = rows.map((values) => {
      const row = html("tr");
      values.forEach((value, i) => row.appendChild(html("td", i < 2 ? "" : "number", value)));
      return row;
    });
    find("[data-testid=published]").replaceChildren(heads(columns, 2), ...lines);
  }

  function lanes(addresses) {
    find(".cure-open").hidden = !addresses.length;
    const links = addresses.map(({ name, address }) => {
      const anchor = html("a", "", name);
      anchor.href = address;
      return anchor;
    });
    find(".cure-links").replaceChildren(...links.flatMap((anchor, i) => (i ? [" · ", anchor] : [anchor])));
  }

  new ResizeObserver(() => {
    if (!store.payload || !root.clientWidth) return;
    link.update();
    figures.paint();
  }).observe(root);
  watch("value", open);
  open();
}
