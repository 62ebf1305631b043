"""What every model registry does, and the registries that other packages bring."""
