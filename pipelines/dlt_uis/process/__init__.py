"""How the process of our own commands is set up; a host project's process stays as it is."""
