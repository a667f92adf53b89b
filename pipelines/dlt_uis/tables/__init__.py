"""From Arrow tables of calls to the tables of the warehouse."""
