"""The circle of care on the screen: who is in it, open, invite, answer, end, history."""
