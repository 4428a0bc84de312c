"""The floor of a SAMU: calls, cases, decisions, vehicles. Card C1, decisions 0076 to 0078."""
