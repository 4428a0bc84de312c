// Small behaviours: the error summary takes focus, the print button prints.
document.querySelector(".errors")?.focus();

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

// The number of unread events, whenever the stream of the page says it.
document.addEventListener("compte", (event) => {
  const number = Number(event.detail?.data);
  if (!Number.isInteger(number)) return;
  for (const badge of document.querySelectorAll("[data-unread]")) {
    badge.textContent = number.toLocaleString("fr-FR");
    badge.hidden = number === 0;
  }
});

// An update that failed leaves the page as it was, and a line says so until one succeeds.
const sayOffline = (isOffline) => {
  const line = document.querySelector("[data-offline]");
  if (line) line.hidden = !isOffline;
};
document.addEventListener("htmx:error", () => sayOffline(true));
document.addEventListener("htmx:response:error", () => sayOffline(true));
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail?.ctx?.response?.status < 400) sayOffline(false);
});
