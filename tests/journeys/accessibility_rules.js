// What can be told of a page about the criteria of RGAA 4.1 that axe does not look at: [criterion, what].
() => {
  const found = [];
  const say = (criterion, node, what) =>
    found.push([criterion, what + ": " + (node.outerHTML || "").slice(0, 160)]);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (node) => node.checkVisibility({ visibilityProperty: true });
  const text = (node) => (node.textContent || "").replace(/\s+/g, " ").trim();
  const named = (node) => {
    const by = (node.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean);
    return (
      node.getAttribute("aria-label") ||
      by.map((id) => (document.getElementById(id) || { textContent: "" }).textContent).join(" ")
    ).trim();
  };

  // 1. Images: decoration is hidden, meaning has a name, and a long one has its figures in words.
  for (const svg of all("svg")) {
    if (svg.closest("[aria-hidden=true]")) continue;
    if (svg.getAttribute("role") !== "img" || named(svg).length < 5) say("1.2", svg, "neither hidden nor named");
  }
  for (const image of all("img")) if (!image.hasAttribute("alt")) say("1.3", image, "without alt");
  for (const figure of all("figure")) if (!figure.querySelector("figcaption")) say("1.9", figure, "no caption");

  // 2. A frame has a title of some use.
  for (const frame of all("iframe, frame"))
    if ((frame.getAttribute("title") || "").trim().length < 3) say("2.1", frame, "without a title");
  for (const one of all("iframe[title]"))
    if (/^(iframe|cadre|frame|sans titre|document)$/i.test(one.title.trim())) say("2.2", one, "a title that says nothing");

  // 3. Colour is never alone.
  for (const tag of all("[data-level]")) if (!tag.closest("[aria-hidden=true]") && !text(tag) && !named(tag)) say("3.1", tag, "only a colour");

  // 5. Tables have a title and headers; none is for layout.
  for (const table of all("table")) {
    const around = table.closest("[aria-labelledby], [aria-label]");
    const title = table.querySelector("caption") || named(table) || (around && named(around));
    if (!title) say("5.4", table, "without a title");
    if (!table.querySelector("th")) say("5.6", table, "without headers");
    for (const head of table.querySelectorAll("th"))
      if (!head.hasAttribute("scope")) say("5.7", head, "no scope");
    if (table.getAttribute("role") === "presentation") say("5.3", table, "for layout");
  }

  // 6, 13. A link says where it goes; none opens a window of itself.
  for (const link of all("a[href]")) {
    if (/^(ici|cliquez ici|lien|en savoir plus)$/i.test(text(link))) say("6.1", link, "says nothing");
    if (link.target && link.target !== "_self") say("13.2", link, "opens a window");
  }

  // 7. Nothing acts by a change alone; messages are told.
  for (const node of all("[onchange], select[data-submit]")) say("7.4", node, "acts on a change");
  for (const node of all(".notice[data-kind=saved], .toast"))
    if (!node.closest("[role=status], [role=alert], [aria-live]")) say("7.5", node, "is not told");

  // 8. The document itself.
  if (!document.doctype || document.doctype.name !== "html") say("8.1", document.documentElement, "no doctype");
  const ids = all("[id]").map((node) => node.id);
  for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) !== at)))
    found.push(["8.2", "two elements have the id " + id]);
  for (const node of all("font, center, big, strike, tt, marquee, blink")) say("8.9", node, "is for looks");

  // 9. Headings go down by one, there is one first; the page has its regions.
  const levels = all("h1, h2, h3, h4, h5, h6").filter(shown).map((node) => [Number(node.tagName[1]), node]);
  if (levels.filter(([level]) => level === 1).length !== 1)
    found.push(["9.1", levels.filter(([level]) => level === 1).length + " first headings"]);
  levels.reduce((before, [level, node]) => {
    if (level > before + 1) say("9.1", node, "skips from h" + before);
    return level;
  }, 0);
  for (const part of ["header", "main"]) if (all(part).filter(shown).length < 1) found.push(["9.2", "no " + part]);
  if (all("main").length !== 1) found.push(["9.2", all("main").length + " main"]);

  // 10. No look is in the markup, nothing is cut at 320 px.
  for (const node of all("[bgcolor], [align], [valign], [border], td[width], [color], [face]"))
    if (!node.closest("svg")) say("10.1", node, "has a look of its own");
  if (document.documentElement.scrollWidth > window.innerWidth) found.push(["10.11", "scrolls sideways"]);

  // 11. A label stands by its field; choices have a legend; what is asked for is said.
  for (const field of all("input:not([type=hidden], [type=submit]), select, textarea")) {
    if (!shown(field)) continue;
    const label = field.labels && field.labels[0];
    if (label && shown(label) && !label.closest(".hidden")) {
      const [a, b] = [label.getBoundingClientRect(), field.getBoundingClientRect()];
      const apart = Math.max(0, b.top - a.bottom, a.top - b.bottom, b.left - a.right, a.left - b.right);
      if (apart > 90) say("11.4", field, "its label is " + Math.round(apart) + " px away");
    }
    if (field.required && label && field.type !== "radio" && !/obligatoire|\*/.test(text(label.parentElement)))
      found.push(["11.10", "required without a word: " + (field.name || "")]);
  }
  const groups = new Set(all("input[type=radio]").filter(shown).map((one) => one.name));
  for (const name of groups) {
    const one = document.querySelector(`input[type=radio][name="${name}"]`);
    const group = one.closest("fieldset, [role=radiogroup], [role=group]");
    const legend = group && (group.querySelector("legend") || named(group));
    if (!legend) say("11.6", one, "choices without a legend");
  }

  // 12. A link leads past the top; the order of the keyboard is that of the page.
  const first = document.querySelector("a[href]");
  if (!first || !first.getAttribute("href").startsWith("#")) found.push(["12.7", "no way past the top"]);
  else if (!document.querySelector(first.getAttribute("href"))) found.push(["12.7", "the way past leads nowhere"]);
  for (const node of all("[tabindex]")) if (Number(node.getAttribute("tabindex")) > 0) say("12.8", node, "an order of its own");

  // 13. Nothing moves or flashes of itself.
  for (const one of document.getAnimations())
    if (one.effect && one.effect.getTiming().iterations === Infinity) found.push(["13.8", "moves without end"]);
  return found;
}
