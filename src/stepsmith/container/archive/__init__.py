"""model.tar.gz: read to the last byte and refused if not sound; written so that the same input gives the same bytes.

`faults` says what can be wrong; `inflate` reads gzip, `walk` the tar inside; `read` is one pass of both with the
digest and the copy; `write` makes archives; `package` puts entries into an existing one.
"""
