"""Requests, tasks, plans and hand-overs: state machines declared as data, enforced in one place."""
