"""Coordinated plans (PPCS), their actions, their versions; planned acts. Rules: B3, B1.8."""
