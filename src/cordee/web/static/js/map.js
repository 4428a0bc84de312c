// A map that the server drew, to be zoomed and moved with Leaflet: the same drawing, nothing is
// drawn twice. Without this script it stands as it is; on paper too.
const { L } = globalThis;
const NEAR = 1.6; // from here on every area has its name

const put = (figure) => {
  const svg = figure.querySelector("svg");
  const buttons = figure.querySelector("[data-zoom]");
  const { width, height } = svg.viewBox.baseVal;
  const bounds = L.latLngBounds([[-height, 0], [0, width]]);
  const frame = document.createElement("div");
  frame.className = "frame";
  frame.style.aspectRatio = `${width} / ${height}`;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", buttons.dataset.zoom);
  svg.replaceWith(frame);
  const map = L.map(frame, {
    crs: L.CRS.Simple, zoomControl: false, attributionControl: false, scrollWheelZoom: false,
    doubleClickZoom: false, // a click leads to the line
    zoomSnap: 0, zoomDelta: 0.7, trackResize: false, maxBoundsViscosity: 1,
  });
  L.svgOverlay(svg, bounds).addTo(map);
  buttons.hidden = false;

  // Of names that meet, the first stays: the table's order is theirs.
  const uncrowd = () => {
    const kept = [];
    for (const name of svg.querySelectorAll(".near")) {
      const box = name.getBoundingClientRect();
      const meets = kept.some((one) => one.left < box.right && box.left < one.right
        && one.top < box.bottom && box.top < one.bottom);
      name.classList.toggle("crowded", meets);
      if (!meets) kept.push(box);
    }
  };

  // At its widest the map does not hold the finger that scrolls the page.
  let fit = 0;
  const settle = () => {
    const scale = map.getZoomScale(map.getZoom(), fit);
    const isWhole = scale < 1.05;
    frame.style.setProperty("--unit", map.getZoomScale(map.getZoom(), 0)); // pixels
    frame.toggleAttribute("data-near", scale >= NEAR);
    frame.toggleAttribute("data-whole", isWhole);
    uncrowd();
    map.dragging[isWhole ? "disable" : "enable"]();
    for (const one of buttons.querySelectorAll("[data-far]")) one.disabled = isWhole;
  };
  const whole = () => {
    map.setMaxBounds(null).invalidateSize({ animate: false, pan: false });
    map.setMinZoom(-10).setMaxZoom(10);
    fit = map.getBoundsZoom(bounds);
    map.setView(bounds.getCenter(), fit, { reset: true }).setMinZoom(fit).setMaxZoom(fit + 5);
    map.setMaxBounds(bounds.pad(0.1));
    settle();
  };
  map.on("zoomend", settle);
  // Words that grow, a panel that opens: the frame changes more often than the window.
  const watch = new ResizeObserver(whole);
  watch.observe(frame);
  whole();

  const over = new AbortController();
  const { signal } = over;
  const told = L.tooltip({ sticky: true, opacity: 1 });
  const say = (event) => {
    const area = event.target.closest("[data-title]");
    if (!area) return map.closeTooltip(told);
    const text = document.createElement("span");
    text.textContent = area.dataset.title;
    told.setContent(text).setLatLng(map.mouseEventToLatLng(event)).openOn(map);
  };
  for (const title of svg.querySelectorAll("[data-row] > title, .team > title")) {
    title.parentNode.dataset.title = title.textContent;
    title.remove();
  }
  svg.addEventListener("pointermove", say, { signal });
  svg.addEventListener("pointerdown", say, { signal });
  svg.addEventListener("pointerleave", () => map.closeTooltip(told), { signal });

  const press = {
    in: () => map.zoomIn(), out: () => map.zoomOut(), whole,
  };
  const pressed = (event) => press[event.target.closest("[data-press]")?.dataset.press]?.();
  buttons.addEventListener("click", pressed, { signal });

  // An area that is clicked leads to its line, on the page of the table that holds it.
  const follow = (event) => {
    const row = event.target.closest("[data-row]")?.dataset.row;
    if (row) lead(Number(row), Number(figure.dataset.page));
  };
  map.on("click", (event) => follow(event.originalEvent));
  const mark = (event) => {
    const row = event.target.closest?.("tr[data-row]")?.dataset.row;
    for (const area of svg.querySelectorAll("[data-row]"))
      area.classList.toggle("pointed", area.dataset.row === row);
  };
  const table = document.querySelector("[data-areas]");
  table?.addEventListener("pointerover", mark, { signal });
  table?.addEventListener("pointerleave", mark, { signal });

  return () => {
    over.abort();
    watch.disconnect();
    map.remove();
    frame.replaceWith(svg);
    svg.removeAttribute("style");
    svg.removeAttribute("class");
    buttons.hidden = true;
  };
};

const lead = (row, page) => {
  const address = new URL(location.href);
  if (page) address.searchParams.set("depuis", String(Math.floor(row / page) * page));
  address.hash = `ligne-${row}`;
  const isHere = document.getElementById(`ligne-${row}`);
  location.assign(isHere ? address.hash : address);
};

if (L) {
  const figures = [...document.querySelectorAll("figure.map:has([data-zoom])")];
  let taken = figures.map(put);
  addEventListener("beforeprint", () => {
    for (const take of taken) take();
    taken = [];
  });
  addEventListener("afterprint", () => {
    if (!taken.length) taken = figures.map(put);
  });
}
