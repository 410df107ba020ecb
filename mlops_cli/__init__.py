"""The command line `mlops`: deploy, run, watch and call workflows, on the local AWS or on AWS."""
