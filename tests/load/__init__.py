"""Measurements to run by hand: a class of visitors, a Space, memory, overhead, the time of a click."""
