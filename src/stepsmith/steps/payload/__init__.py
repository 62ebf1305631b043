"""Payload makes sample requests for a model, as the one payload.tar.gz that SageMaker takes."""
