// What Leaflet probes while it loads, and nothing else, may become markup.
globalThis.trustedTypes?.createPolicy("default", {
  createHTML: (text) => (text === "<svg/>" ? text : null),
});
