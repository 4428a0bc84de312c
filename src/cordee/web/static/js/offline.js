// Pages that work through a cut: they start the worker, keep themselves, send what waits, show it.
const ROUTE = "/hors-ligne.js";

const ask = async (message) => {
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => {
    port1.onmessage = (event) => resolve(event.data);
  });
  active.postMessage(message, [port2]);
  return answer;
};

const start = async () => {
  const policy = globalThis.trustedTypes?.createPolicy("cordee", {
    createScriptURL: (url) => (url === ROUTE ? url : ""),
  });
  await navigator.serviceWorker.register(policy ? policy.createScriptURL(ROUTE) : ROUTE);
  const files = performance
    .getEntriesByType("resource")
    .map((one) => new URL(one.name))
    .filter((one) => one.origin === location.origin && one.pathname.startsWith("/static/"))
    .map((one) => one.pathname + one.search);
  const here = location.pathname + location.search;
  // What somebody prepares to take along: the pages that this one names.
  const taken = [...document.querySelectorAll("a[data-take]")].map((one) => one.pathname);
  const paths = ["/hors-ligne/attente", "/hors-ligne/nuit", here, ...taken, ...files];
  await ask({ ask: "keep", paths });
  document.documentElement.dataset.kept = "yes";
};

const told = (item) => {
  const words = ["quoi", "note", "motif", "histoire", "precision", "texte", "d", "a", "r"];
  return words.map((name) => item.fields[name]).filter(Boolean).join(" ");
};

const row = (template, item) => {
  const line = template.content.cloneNode(true);
  line.querySelector("[data-when]").textContent = new Date(item.at).toLocaleString("fr-FR");
  line.querySelector("[data-what]").textContent = told(item);
  line.querySelector("[data-place]").href = item.path.split("?")[0];
  line.querySelector("[data-waits]").hidden = Boolean(item.status);
  line.querySelector("[data-refused]").hidden = !item.status;
  line.querySelector("[data-why]").textContent = item.why ?? "";
  for (const button of line.querySelectorAll("button")) {
    button.addEventListener("click", async () => {
      await ask({ ask: button.value, key: item.key });
      await show();
    });
  }
  return line;
};

const show = async () => {
  const { found = [] } = await ask({ ask: "waiting" });
  for (const badge of document.querySelectorAll("[data-waiting]")) {
    badge.textContent = String(found.length);
    badge.closest("[data-waiting-line]").hidden = found.length === 0;
  }
  const list = document.querySelector("[data-queue]");
  if (!list) return;
  const template = document.querySelector("template[data-row]");
  list.replaceChildren(...found.map((item) => row(template, item)));
  document.querySelector("[data-none]").hidden = found.length > 0;
};

const flush = async () => {
  await ask({ ask: "flush" });
  await show();
};

const number = () => {
  for (const field of document.querySelectorAll("input[name=numero][data-fresh]")) {
    field.value = crypto.randomUUID();
  }
};

const begin = async () => {
  if (!("serviceWorker" in navigator) || !globalThis.isSecureContext) return;
  number();
  // A page that comes back as it was left is another form: its number was sent.
  globalThis.addEventListener("pageshow", (event) => event.persisted && number());
  if (navigator.onLine) await start().catch(() => {});
  globalThis.addEventListener("online", flush);
  await flush();
};

// What the network takes holds up no page.
void begin();
