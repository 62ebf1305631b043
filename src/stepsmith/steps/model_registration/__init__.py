"""ModelRegistration registers a packaged model as a version in a model package group."""
