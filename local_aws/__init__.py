"""An AWS on 127.0.0.1 on which deployed stacks really run; it knows nothing of ``constructs_lib``."""
