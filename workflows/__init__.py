"""The reference workflows, each whole in its folder."""
