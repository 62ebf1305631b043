"""From a declared step to a step of a pipeline definition: the builder, its request, the files that it needs."""
