"""Slots that an effector opens in two taps, and the proof of it for the bonus. C3.8."""
