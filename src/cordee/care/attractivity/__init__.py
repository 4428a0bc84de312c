"""How a CPTS draws colleagues: offers of work, a calendar of trainings. Rule: B6.8."""
