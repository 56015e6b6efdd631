"""Metrics of bias: each knows its value without bias, and the values it takes when two groups change places."""
