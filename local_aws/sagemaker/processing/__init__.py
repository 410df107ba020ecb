"""Processing jobs: what they are asked for, how they run, what they leave behind."""
