// The floor by keyboard alone: 1 to 5 go to a field, function keys press, arrows walk the queue.
const isTyping = (element) => element.matches("input:not([type=radio]), textarea, select");

const walk = (event, step) => {
  const calls = [...document.querySelectorAll("[data-call]")];
  const next = calls[calls.indexOf(document.activeElement) + step];
  if (!next || (isTyping(event.target) && event.target.value)) return;
  event.preventDefault();
  next.focus();
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.body.dataset.keys === "off") return;
  if (event.key === "ArrowDown" && !isTyping(event.target)) return walk(event, 1);
  if (event.key === "ArrowUp" && !isTyping(event.target)) return walk(event, -1);
  const pressed = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (pressed) {
    event.preventDefault();
    return pressed.click();
  }
  const field = document.querySelector(`[data-focus="${CSS.escape(event.key)}"]`);
  if (!field || isTyping(event.target)) return;
  event.preventDefault();
  field.focus();
});
