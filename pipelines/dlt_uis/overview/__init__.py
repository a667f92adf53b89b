"""The page about the warehouse: questions, charts, HTML."""
