"""The rules about archives. Their codes are raised in `container/archive`, which may import nothing.

The text stands here and not there, because what is there travels with every step's code: its digest would change with
every word, and with it each step's cache.
"""

from __future__ import annotations

from stepsmith.diagnostics import About, Rule

RULES = (
    Rule(
        "ARC001",
        "A file that is not gzip",
        "A model archive is a gzip-compressed tar. SageMaker cannot extract a plain tar, a zip or an empty file.",
        About.ARCHIVE,
        "Create the archive again: `tar -C FOLDER -czhf model.tar.gz .`",
    ),
    Rule(
        "ARC002",
        "A truncated archive",
        "The file ends too early, usually because a download or copy was interrupted. Extracting it would "
        "give an incomplete model.",
        About.ARCHIVE,
        "Get the file from its source again, and compare its size or digest.",
    ),
    Rule(
        "ARC003",
        "Damaged gzip data",
        "The compressed data or the gzip header is damaged, so the model cannot be extracted.",
        About.ARCHIVE,
        "Get the file from its source again.",
    ),
    Rule(
        "ARC004",
        "A gzip checksum or length that does not match",
        "The data changed after it was compressed. Some tools extract it without an error and give you a "
        "damaged model.",
        About.ARCHIVE,
        "Get the file from its source again.",
    ),
    Rule(
        "ARC005",
        "Data after the end of the archive",
        "Readers disagree about data after the end: some ignore it, others extract it. What was verified "
        "might not be what is served.",
        About.ARCHIVE,
        "Get the file from its source again, or create the archive again from the model's folder.",
    ),
    Rule(
        "ARC006",
        "A file that is not a tar, or has a damaged header",
        "The headers say which files the archive contains. If they are damaged or contradictory, tools "
        "extract different files.",
        About.ARCHIVE,
        "Create the archive again: `tar -C FOLDER -czhf model.tar.gz .`",
    ),
    Rule(
        "ARC007",
        "No end-of-archive marker",
        "A tar ends with two blocks of zeros. Without them, it looks like an archive that was cut off between "
        "two files.",
        About.ARCHIVE,
        "Get the file from its source again, or create the archive again from the model's folder.",
    ),
    Rule(
        "ARC008",
        "An unsafe name",
        "An absolute name, or one with `..`, is written outside the folder that the archive is extracted "
        "into. Control characters and invalid UTF-8 are refused too.",
        About.ARCHIVE,
        "Create the archive from inside the model's folder, with plain relative names: `tar -C FOLDER -czhf "
        "model.tar.gz .`",
    ),
    Rule(
        "ARC009",
        "An entry that is neither a file nor a directory",
        "Links can point outside the model, and devices and sparse files have no place in one.",
        About.ARCHIVE,
        "Create the archive with `tar -h`, which stores the target of each link. To accept links inside the "
        "archive, pass `--links`, or set `STEPSMITH_LINKS: inside` in the `env` of a step.",
    ),
    Rule(
        "ARC010",
        "Two entries with the same name",
        "It depends on the tool which of the two is extracted. Names that differ only in case collide on some "
        "file systems.",
        About.ARCHIVE,
        "Remove or rename one of the files, and create the archive again.",
    ),
    Rule(
        "ARC011",
        "An archive or folder without files",
        "There is no model in it.",
        About.ARCHIVE,
        "Put the files of the model into the folder, or name another one.",
    ),
    Rule(
        "ARC012",
        "A different digest",
        "The file is not the one that you expect. It was replaced, or damaged in transit.",
        About.ARCHIVE,
        "Get the right file, or correct the digest if the change is intended.",
    ),
    Rule(
        "ARC013",
        "No archive",
        "There is no file at the path, or the input of the step is empty.",
        About.ARCHIVE,
        "Correct the path, or check the step that should provide the archive.",
    ),
    Rule(
        "ARC014",
        "Several archives",
        "The input must contain one archive. Stepsmith does not guess which of several is the model.",
        About.ARCHIVE,
        "Name one object instead of a folder or prefix, or remove the other files.",
    ),
    Rule(
        "ARC015",
        "An archive that cannot be read",
        "The path is a folder or a special file, or permission is denied.",
        About.ARCHIVE,
        "Name a regular file that you have permission to read.",
    ),
    Rule(
        "ARC016",
        "A file that changed while it was used",
        "Another process wrote to the file after it was verified, so its contents are not known.",
        About.ARCHIVE,
        "Wait until nothing writes to the file, and run the command again.",
    ),
    Rule(
        "ARC017",
        "An entry point that is not in the code",
        "The serving container starts with the entry point, so the packaged model could not be served.",
        About.ARCHIVE,
        "Add the file to the code folder, or name another one with `--entry-point` (in a pipeline, `entry_point`).",
    ),
    Rule(
        "ARC019",
        "A folder that cannot be archived",
        "It contains something that cannot be read, a link to a folder, or a special file. Leaving it out "
        "silently would change the model.",
        About.ARCHIVE,
        "Replace links with the files themselves, and remove or make readable what the message names.",
    ),
    Rule(
        "ARC020",
        "Too many entries",
        "An archive with millions of entries or huge headers exhausts the memory of whatever reads it.",
        About.ARCHIVE,
        "Put the files into fewer, larger ones.",
    ),
    Rule(
        "ARC021",
        "A file with special privileges",
        "A setuid or setgid file, or one with capabilities, runs with the rights of another user. A model needs none.",
        About.ARCHIVE,
        "Remove these permissions and create the archive again: `chmod -R a-s FOLDER`.",
    ),
    Rule(
        "ARC022",
        "An archive that unpacks to more than the limit",
        "A small file can unpack to terabytes and fill the disk (a decompression bomb).",
        About.ARCHIVE,
        "If you trust the source, raise the limit with `--max-unpacked-bytes` or `--max-ratio`, or in a step "
        "with the variables that the message names.",
    ),
    Rule(
        "ARC023",
        "An invalid limit",
        "An environment variable sets a limit for archives, and its value cannot be used.",
        About.ARCHIVE,
        "Set it to a whole number from 1 up, or STEPSMITH_LINKS to `inside`, or unset it.",
    ),
    Rule(
        "ARC024",
        "A target folder that already exists",
        "Extracting into an existing folder could mix two models or overwrite files.",
        About.ARCHIVE,
        "Name a folder that does not exist, or remove the existing one.",
    ),
)
