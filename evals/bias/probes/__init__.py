"""Our own bias suites, a file each: templates and words from evals/data/bias, made into samples."""
