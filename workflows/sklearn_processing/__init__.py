"""The workflow `sklearn-processing`: processing jobs around the training of a classifier."""
