"""model.tar.gz: read to the last byte and refused if not sound; written so that the same input gives the same bytes.

`faults` says what can be wrong, `limits` what a user may set; `inflate` reads gzip, `walk` the tar inside, by `headers`
and `names`; `read` is one pass of both with the digest and the copy, and `carry` puts the result elsewhere; `write`
makes archives; `package` puts entries into an existing one, by `splice`; `unpack` makes files of one.
"""
