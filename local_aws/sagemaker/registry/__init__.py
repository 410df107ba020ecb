"""The model registry: groups, their versions, who may read them, and models made from them."""
