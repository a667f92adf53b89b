"""What a run leaves for those who watch: files, tables, messages, logs."""
