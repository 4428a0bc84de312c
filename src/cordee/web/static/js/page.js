// Small behaviours: the error summary takes focus, the print button prints.
document.querySelector(".errors")?.focus();

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

// A fragment asked after the session has ended, or that could not be fetched: say so quietly.
document.addEventListener("htmx:error", () => {
  const notice = document.querySelector("[data-offline]");
  if (notice) notice.hidden = false;
});
document.addEventListener("htmx:after:swap", () => {
  const notice = document.querySelector("[data-offline]");
  if (notice) notice.hidden = true;
});
