"""The pages of the evaluation engine: widgets and handlers, one file a page."""
