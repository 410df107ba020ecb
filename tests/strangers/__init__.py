"""The local AWS as strangers use it: the CDK's and AWS's own command lines, SDKs, and apps that know nothing of it."""
