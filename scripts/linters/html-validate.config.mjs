// What every rendered page obeys; a rule that is off says why.
export default {
  root: true,
  extends: ["html-validate:recommended"],
  // The print head of a record carries the patient: it is renewed with the record, so it is there.
  elements: ["html5", { style: { inherit: "style", flow: true } }],
  rules: {
    "doctype-style": ["error", { style: "lowercase" }],
    // What a condition of a template leaves on a line is nothing once compressed.
    "no-trailing-whitespace": "off",
  },
};
