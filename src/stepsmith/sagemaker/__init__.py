"""Facts about SageMaker, each with its source: step types, request shapes, limits, images. No logic."""
