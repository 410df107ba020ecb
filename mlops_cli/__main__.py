"""``python -m mlops_cli``, which ``./mlops`` runs."""

from mlops_cli.app import main

main()
