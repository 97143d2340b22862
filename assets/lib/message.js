// One line of text. Whatever it holds is only ever text.
const line = element.querySelector("[role]");
const say = () => {
  document.body.classList.remove("busy"); // every answer brings a message, most often an empty one
  line.textContent = JSON.parse(props.value).text;
};
watch("value", say);
say();
