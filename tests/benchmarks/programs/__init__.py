"""What others would write: each is run as a process of its own, and imports only what it needs."""
