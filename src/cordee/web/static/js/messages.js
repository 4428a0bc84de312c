// A message that does not leave stays in the page with its key: sent again, it is one message.
const form = document.querySelector("form[data-keep]");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  const unsent = form.querySelector("[data-unsent]");
  button.disabled = true;
  unsent.hidden = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    if (!answer.ok && answer.status !== 422) throw new Error(String(answer.status));
    if (answer.status === 422) {
      // The page says what is wrong, with what was typed.
      form.submit();
      return;
    }
    location.assign(answer.url);
    if (new URL(answer.url).pathname === location.pathname) location.reload();
  } catch {
    unsent.hidden = false;
    button.disabled = false;
  }
});
