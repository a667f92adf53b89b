"""Views for analysts: what they mean, in SQL for each warehouse; making them and keeping them."""
