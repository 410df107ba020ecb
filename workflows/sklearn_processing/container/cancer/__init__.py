"""What the scripts of the workflow share: where things lie, and tables."""
