"""One call of the JSON-RPC API: client, envelope, login, points, slots."""
