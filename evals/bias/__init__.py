"""Bias audits: eval runs whose suites come from here, and what is made of them."""
