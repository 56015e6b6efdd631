"""Measures the product through its own feature functions. Knows llmweb; llmweb never knows it."""
