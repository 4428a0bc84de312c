"""Requests to a DAC, a facility, a service: asked, answered, followed; the worklist of each."""
