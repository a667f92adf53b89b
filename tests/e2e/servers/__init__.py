"""Real servers that a test session starts for itself, from Python packages alone."""
