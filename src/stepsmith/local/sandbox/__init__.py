"""Where a step's process runs: a fresh folder that stands for the container's file system, and who keeps the process.

`choice` says which kind of sandbox a run has; `process` and `namespaces` are the kinds; `job` is what they share;
`launcher` starts processes through `supervisor`, a small process of its own that leaves none of them behind.
"""
