"""Which pages to ask for, so that no call is lost and none comes twice."""
