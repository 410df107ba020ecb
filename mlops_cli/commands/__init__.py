"""The commands of ``mlops``, by what they are about."""
