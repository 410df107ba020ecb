"""CodeBuild: builds that run the project's real buildspec on this machine."""
