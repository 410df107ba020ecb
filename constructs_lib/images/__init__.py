"""Container images: the repository that holds them, and the build that makes them."""
