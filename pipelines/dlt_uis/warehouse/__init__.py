"""The warehouse itself: connection, lock, state, columns, indexes, comments, failures."""
