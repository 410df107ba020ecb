"""Step Functions: the states interpreter, its integrations and its API."""
