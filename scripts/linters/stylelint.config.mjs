// What the style sheets of the screen obey; a rule that is off says why.
export default {
  extends: ["stylelint-config-recommended"],
  reportNeedlessDisables: true,
  reportInvalidScopeDisables: true,
  reportDescriptionlessDisables: true,
  rules: {
    // Compares `.inbox small` with `.pane > header small`: parts of components that never meet.
    "no-descending-specificity": null,
    // An id is for labels and links, never for looks; `!important` wins by accident.
    "selector-max-id": 0,
    "declaration-no-important": true,
    // Colours stand in tokens.css once; elsewhere they have a name.
    "color-named": "never",
    "function-url-scheme-allowed-list": [],
    "max-nesting-depth": [2, { ignoreAtRules: ["media", "container"] }],
  },
};
