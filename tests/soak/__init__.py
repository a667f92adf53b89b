"""A soak: rounds of random disasters, after each of which the warehouse must equal the truth."""
