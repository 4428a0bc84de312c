"""Applications that are notified by the national guide Notification d'évènements."""
