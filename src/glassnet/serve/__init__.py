"""The prediction server: models over HTTP, on loopback unless told otherwise."""
