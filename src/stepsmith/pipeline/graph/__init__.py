"""The DAG of a pipeline as a picture: Mermaid, DOT and SVG of one drawing."""
