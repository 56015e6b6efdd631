"""Weights onto disk: announced, fetched, checked, found again, removed. download.py is the front door."""
