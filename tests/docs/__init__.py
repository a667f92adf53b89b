"""The pages of ``docs/`` that follow from the code: ``make docs`` writes them."""
