"""The whole product on a local AWS of its own, through the command line that users have."""
