// Passkeys: a form asks the device, then is sent with what the device has signed.
// Where the browser knows none, the form stays hidden and the other ways remain.
const known = globalThis.PublicKeyCredential;
const isPossible = Boolean(known?.parseRequestOptionsFromJSON && globalThis.isSecureContext);

const asked = async (form) => {
  const answer = await fetch(form.dataset.passkey, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
};

const shown = async (form) => {
  const options = await asked(form);
  if (form.dataset.kind === "new") {
    return navigator.credentials.create({ publicKey: known.parseCreationOptionsFromJSON(options) });
  }
  return navigator.credentials.get({ publicKey: known.parseRequestOptionsFromJSON(options) });
};

const say = (form, isFailed) => {
  const line = form.querySelector("[data-failed]");
  if (line) line.hidden = !isFailed;
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!isPossible) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    const field = form.elements.reponse;
    if (field.value) return;
    event.preventDefault();
    say(form, false);
    try {
      const credential = await shown(form);
      field.value = JSON.stringify(credential.toJSON());
      form.requestSubmit();
    } catch {
      say(form, true);
    }
  });
}
