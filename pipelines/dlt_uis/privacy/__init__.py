"""Personal data: dropped or pseudonymised before anything is written."""
