"""Hyperparameter tuning jobs: what they are asked for, how they search, which training job is the best."""
