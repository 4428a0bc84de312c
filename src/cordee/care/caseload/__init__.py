"""The files of coordinators: who follows whom, how heavy it is, handed on why. Rule: B4.11."""
