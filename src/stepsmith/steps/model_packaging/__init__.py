"""ModelPackaging adds inference code to a model and proves that the package holds both."""
