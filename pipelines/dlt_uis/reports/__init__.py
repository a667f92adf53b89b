"""What the API documents: a declarative table for each report."""
