// Small behaviours: the error summary takes focus, the print button prints.
document.querySelector(".errors")?.focus();

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
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
