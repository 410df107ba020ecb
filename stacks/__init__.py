"""The app's stacks, one a lifecycle: wiring only."""
