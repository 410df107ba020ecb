"""Who is who, and who may what: AWS's policy language, decided at the gateway."""
