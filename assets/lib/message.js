// One line of text. Its content is only ever text, never HTML.

/** Show the text of `props` in the line, now and after each change. Returns the line and `say`, which shows the text again. */
export function makeLine({ element, props, watch }) {
  const line = element.querySelector("[role]");
  const say = () => {
    document.body.classList.remove("busy"); // every answer brings a message, most often an empty one
    line.textContent = JSON.parse(props.value).text;
  };
  watch("value", say);
  say();
  return { line, say };
}

export function start(given) {
  makeLine(given);
}
