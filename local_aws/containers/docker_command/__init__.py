"""The ``docker`` that a build finds on its PATH."""
