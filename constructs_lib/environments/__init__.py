"""Where things live: an environment's settings, its storage and its keys."""
