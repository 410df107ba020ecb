"""Real-time endpoints."""
