"""Feature store, distributed pre-processing, training and tuning with Ray, evaluation, and a model to be approved."""
