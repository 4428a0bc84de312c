// The service worker: through a cut, some pages open from a sealed copy, some forms wait their turn.
// Pages that may be kept say for how many hours; forms that may wait say so, and bear a number by
// which the server takes them once. Copies go when somebody else, or nobody, is signed in.
const KEEPS = "x-cordee-copie";
const READER = "x-cordee-qui";
const WAITING = "/hors-ligne/attente";
const NIGHT = "/hors-ligne/nuit";
const TOKEN = "/hors-ligne/jeton";
const STATIC = "cordee-static";
const RESIDENT = /^\/patients\/([A-Za-z0-9.-]{1,64})\/nuit$/;
// Where nobody is signed in: who comes there leaves no copy to the next, nor to who pulls the cable.
const OUTSIDE = ["/connexion", "/deconnexion", "/verrou"];
const LATER = [401, 408, 429];

// -- The vault: records sealed under a key that the device does not give away ---------------------

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const base = () => {
  const request = indexedDB.open("cordee", 1);
  request.onupgradeneeded = () => {
    for (const name of ["keys", "copies", "queue"]) request.result.createObjectStore(name);
  };
  return done(request);
};

const inStore = async (name, mode, act) => {
  const opened = await base();
  try {
    return await done(act(opened.transaction(name, mode).objectStore(name)));
  } finally {
    opened.close();
  }
};

const put = (name, key, value) => inStore(name, "readwrite", (store) => store.put(value, key));
const get = (name, key) => inStore(name, "readonly", (store) => store.get(key));
const isOutside = (path) => OUTSIDE.some((one) => path.startsWith(one));
const drop = (name, key) => inStore(name, "readwrite", (store) => store.delete(key));
const names = (name) => inStore(name, "readonly", (store) => store.getAllKeys());
const empty = (name) => inStore(name, "readwrite", (store) => store.clear());

const sealingKey = async () => {
  const known = await get("keys", "key");
  if (known) return known;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
  await put("keys", "key", made);
  return made;
};

const seal = async (value) => {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const body = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await sealingKey(), plain);
  return { iv, body };
};

const unseal = async (sealed) => {
  const { iv, body } = sealed;
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await sealingKey(), body);
  return JSON.parse(new TextDecoder().decode(plain));
};

// -- Copies of pages --------------------------------------------------------------------------------

// A page that is still being sealed when copies go is not kept after them.
let gone = 0;
const leave = () => {
  gone += 1;
  return empty("copies");
};

const keep = async (path, answer, since = gone) => {
  const hours = Number(answer.headers.get(KEEPS));
  if (!answer.ok || !(hours > 0)) return;
  const value = {
    at: Date.now(),
    hours,
    html: await answer.text(),
    policy: answer.headers.get("content-security-policy") ?? "",
  };
  const sealed = await seal(value);
  await inStore("copies", "readwrite", (store) =>
    since === gone ? store.put(sealed, path) : store.count(),
  );
};

const copyOf = async (path) => {
  const sealed = await get("copies", path);
  if (!sealed) return null;
  const copy = await unseal(sealed);
  if (Date.now() - copy.at <= copy.hours * 3600_000) return copy;
  await drop("copies", path);
  return null;
};

const shown = (copy, html) => {
  const hour = new Date(copy.at).toLocaleString("fr-FR", {
    day: "2-digit",
    month: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  const line = `<p class="live" role="status">Hors ligne. Page gardée le ${hour} ; ce que vous envoyez partira au retour du réseau.</p>`;
  const headers = { "content-type": "text/html; charset=utf-8" };
  if (copy.policy) headers["content-security-policy"] = copy.policy;
  return new Response(html.replace("<main", () => `${line}<main`), { headers });
};

// Somebody whose page was not opened before the cut: the empty page, with the name of the list.
const resident = async (number) => {
  const [form, list] = [await copyOf(NIGHT), await copyOf("/nuit")];
  if (!form || !list) return null;
  const found = list.html.match(
    new RegExp(`href="/patients/${number.replaceAll(".", "\\.")}/nuit">(.*?)</a>`, "s"),
  );
  if (!found) return null;
  const html = form.html.replaceAll("numero-du-resident", number);
  return shown(form, html.replace("<b>nom-du-resident</b>", () => found[1]));
};

const offline = async (path) => {
  const copy = await copyOf(path);
  if (copy) return shown(copy, copy.html);
  const night = path.match(RESIDENT);
  const found = night ? await resident(night[1]) : null;
  if (found) return found;
  const waiting = await copyOf(WAITING);
  return waiting ? shown(waiting, waiting.html) : Response.error();
};

// Who reads: a form that waits is theirs, copies of anybody else go.
const know = async (who) => {
  if (who === ((await get("keys", "who")) ?? "")) return;
  await (who ? empty("copies") : leave());
  if (who) await put("keys", "who", who);
};

// Only what the network does not give comes from a copy; none that fails holds up a page.
const open = async (event) => {
  const { pathname, search } = new URL(event.request.url);
  const since = gone;
  let answer;
  try {
    answer = await fetch(event.request);
  } catch {
    return offline(pathname + search);
  }
  if (isOutside(pathname)) await leave().catch(() => {});
  if (answer.headers.get(KEEPS)) {
    const [met, copy] = [know(answer.headers.get(READER) ?? ""), answer.clone()];
    event.waitUntil(met.then(() => keep(pathname + search, copy, since)).catch(() => {}));
  }
  return answer;
};

// -- Forms that wait ---------------------------------------------------------------------------------

// A file that waits is text as the rest is: it is sealed with it.
const packed = async ([name, file]) => {
  let text = "";
  for (const byte of new Uint8Array(await file.arrayBuffer())) text += String.fromCharCode(byte);
  return { name, type: file.type, file: file.name, data: btoa(text) };
};

const body = (item, token) => {
  const fields = { ...item.fields, jeton: token };
  if (!item.files?.length) return new URLSearchParams(fields);
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.append(name, value);
  for (const { name, type, file, data } of item.files) {
    const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
    made.append(name, new Blob([bytes], { type }), file);
  }
  return made;
};

const send = async (request) => {
  const { pathname, search } = new URL(request.url);
  const copy = request.clone();
  try {
    return await fetch(request);
  } catch (error) {
    const sent = [...(await copy.formData())];
    const fields = Object.fromEntries(sent.filter(([, value]) => typeof value === "string"));
    const files = await Promise.all(
      sent.filter(([, value]) => typeof value !== "string" && value.size).map(packed),
    );
    if (fields["hors-ligne"] !== "oui" || !fields.numero) throw error;
    delete fields.jeton;
    const at = new Date().toISOString();
    fields["ecrit-le"] ||= at;
    const item = { path: pathname + search, at, who: await get("keys", "who"), fields, files, status: 0 };
    await put("queue", `${at} ${fields.numero}`, await seal(item));
    await self.registration.sync?.register("cordee").catch(() => {});
    return Response.redirect(WAITING, 303);
  }
};

const waiting = async () => {
  const who = await get("keys", "who");
  const found = [];
  for (const key of await names("queue")) {
    const item = await unseal(await get("queue", key));
    if (item.who === who) found.push({ key, ...item });
  }
  return found;
};

// Who is signed in now; what waits stays for who wrote it.
const session = async () => {
  const answer = await fetch(TOKEN, { headers: { accept: "application/json" } });
  const told = answer.ok && !answer.redirected ? await answer.json() : { qui: "", jeton: "" };
  await know(told.qui);
  return told;
};

const deliver = async (item, token) => {
  const answer = await fetch(item.path, { method: "POST", body: body(item, token) });
  if (isOutside(new URL(answer.url).pathname)) return false;
  if (answer.ok) await drop("queue", item.key);
  else if (answer.status < 500 && !LATER.includes(answer.status)) {
    const page = await answer.text();
    const why = page.match(/class="errors"[\s\S]*?<li>(?:<a[^>]*>)?([^<]*)/)?.[1] ?? "";
    await put("queue", item.key, await seal({ ...item, status: answer.status, why }));
  }
  return true; // what fails on the server stays, and holds up nothing behind it
};

const flush = async () => {
  const { jeton, qui } = await session();
  if (!qui) return;
  for (const item of await waiting()) {
    if (item.status) continue;
    if (!(await deliver(item, jeton))) return;
  }
};

// One at a time, whatever asks for it: a page that opens, the network that comes back.
const once = (act) => navigator.locks.request("cordee", act);

// -- What the page asks for --------------------------------------------------------------------------

const ASKS = {
  flush: () => once(flush),
  waiting,
  again: async ({ key }) => {
    const item = await unseal(await get("queue", key));
    await put("queue", key, await seal({ ...item, status: 0, why: "" }));
    return once(flush);
  },
  drop: ({ key }) => drop("queue", key),
  keep: async ({ paths }) => {
    await once(session);
    for (const path of paths) {
      const since = gone;
      const answer = await fetch(path);
      if (new URL(answer.url).pathname.startsWith("/static/")) {
        await (await caches.open(STATIC)).put(path, answer);
      } else await keep(path, answer, since);
    }
  },
};

self.addEventListener("message", (event) => {
  const act = ASKS[event.data?.ask];
  if (!act) return;
  const answered = act(event.data).then(
    (found) => event.ports[0]?.postMessage({ found }),
    (error) => event.ports[0]?.postMessage({ error: String(error) }),
  );
  event.waitUntil(answered);
});

self.addEventListener("sync", (event) => event.waitUntil(once(flush)));
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && request.method === "GET") event.respondWith(open(event));
  else if (request.mode === "navigate" && request.method === "POST") {
    const leaving = isOutside(url.pathname) ? leave().catch(() => {}) : Promise.resolve();
    event.respondWith(leaving.then(() => send(request)));
  } else if (request.method === "GET" && url.pathname.startsWith("/static/")) {
    event.respondWith(
      fetch(request).catch(async () => (await caches.match(request.url)) ?? Response.error()),
    );
  }
});
