"""One provider per resource type, grouped by service; each makes its resource through the service's public API."""
