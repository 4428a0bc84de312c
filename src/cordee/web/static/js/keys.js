// Keys of every page: / search, ? list of keys, arrows in lists, Escape leaves a field.
const isTyping = (element) => element.matches("input, textarea, select, [contenteditable]");

const move = (event, step) => {
  const list = event.target.closest("[data-list]");
  if (!list) return;
  const links = [...list.querySelectorAll("a[data-item]")];
  const next = links.indexOf(document.activeElement) + step;
  if (!links[next]) return;
  event.preventDefault();
  links[next].focus();
};

const enterList = (event) => {
  const first = document.querySelector("[data-list] a[data-item]");
  if (!event.target.matches("input[type=search]") || !first) return false;
  event.preventDefault();
  first.focus();
  return true;
};

const letters = {
  "/": () => document.querySelector("[data-search]"),
  "?": () => void location.assign("/raccourcis"),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowDown") return enterList(event) || move(event, 1);
  if (event.key === "ArrowUp") return move(event, -1);
  if (event.key === "Escape" && isTyping(event.target)) return event.target.blur();
  const act = letters[event.key];
  if (!act || isTyping(event.target) || document.body.dataset.keys === "off") return;
  event.preventDefault();
  const field = act();
  if (field) {
    field.focus();
    field.select();
  }
});
