"""What can be wrong with an archive: every code that this package raises, in one table."""

from __future__ import annotations

# Each code with its title, why it matters and how to fix it. ARC018 is no longer used, and no code is used again.
CODES = {
    "ARC001": (
        "A file that is not gzip",
        "A model archive is a gzip-compressed tar. SageMaker cannot extract a plain tar, a zip or an empty file.",
        "Create the archive again: `tar -C FOLDER -czhf model.tar.gz .`",
    ),
    "ARC002": (
        "A truncated archive",
        (
            "The file ends too early, usually because a download or copy was interrupted. Extracting it would "
            "give an incomplete model."
        ),
        "Get the file from its source again, and compare its size or digest.",
    ),
    "ARC003": (
        "Damaged gzip data",
        "The compressed data or the gzip header is damaged, so the model cannot be extracted.",
        "Get the file from its source again.",
    ),
    "ARC004": (
        "A gzip checksum or length that does not match",
        (
            "The data changed after it was compressed. Some tools extract it without an error and give you a "
            "damaged model."
        ),
        "Get the file from its source again.",
    ),
    "ARC005": (
        "Data after the end of the archive",
        (
            "Readers disagree about data after the end: some ignore it, others extract it. What was verified "
            "might not be what is served."
        ),
        "Get the file from its source again, or create the archive again from the model's folder.",
    ),
    "ARC006": (
        "A file that is not a tar, or has a damaged header",
        (
            "The headers say which files the archive contains. If they are damaged or contradictory, tools "
            "extract different files."
        ),
        "Create the archive again: `tar -C FOLDER -czhf model.tar.gz .`",
    ),
    "ARC007": (
        "No end-of-archive marker",
        (
            "A tar ends with two blocks of zeros. Without them, it looks like an archive that was cut "
            "off between two files."
        ),
        "Get the file from its source again, or create the archive again from the model's folder.",
    ),
    "ARC008": (
        "An unsafe name",
        (
            "An absolute name, or one with `..`, is written outside the folder that the archive is extracted "
            "into. Control characters and invalid UTF-8 are refused too."
        ),
        (
            "Create the archive from inside the model's folder, with plain relative names: `tar -C FOLDER -czhf "
            "model.tar.gz .`"
        ),
    ),
    "ARC009": (
        "An entry that is neither a file nor a directory",
        "Links can point outside the model, and devices and sparse files have no place in one.",
        (
            "Create the archive with `tar -h`, which stores the target of each link. To accept links inside the "
            "archive, pass `--links`, or set `STEPSMITH_LINKS: inside` in the `env` of a step."
        ),
    ),
    "ARC010": (
        "Two entries with the same name",
        (
            "It depends on the tool which of the two is extracted. Names that differ only in case collide on "
            "some file systems."
        ),
        "Remove or rename one of the files, and create the archive again.",
    ),
    "ARC011": (
        "An archive or folder without files",
        "There is no model in it.",
        "Put the files of the model into the folder, or name another one.",
    ),
    "ARC012": (
        "A different digest",
        "The file is not the one that you expect. It was replaced, or damaged in transit.",
        "Get the right file, or correct the digest if the change is intended.",
    ),
    "ARC013": (
        "No archive",
        "There is no file at the path, or the input of the step is empty.",
        "Correct the path, or check the step that should provide the archive.",
    ),
    "ARC014": (
        "Several archives",
        "The input must contain one archive. Stepsmith does not guess which of several is the model.",
        "Name one object instead of a folder or prefix, or remove the other files.",
    ),
    "ARC015": (
        "An archive that cannot be read",
        "The path is a folder or a special file, or permission is denied.",
        "Name a regular file that you have permission to read.",
    ),
    "ARC016": (
        "A file that changed while it was used",
        "Another process wrote to the file after it was verified, so its contents are not known.",
        "Wait until nothing writes to the file, and run the command again.",
    ),
    "ARC017": (
        "An entry point that is not in the code",
        "The serving container starts with the entry point, so the packaged model could not be served.",
        "Add the file to the code folder, or name another one with `--entry-point` (in a pipeline, `entry_point`).",
    ),
    "ARC019": (
        "A folder that cannot be archived",
        (
            "It contains something that cannot be read, a link to a folder, or a special file. Leaving it out "
            "silently would change the model."
        ),
        "Replace links with the files themselves, and remove or make readable what the message names.",
    ),
    "ARC020": (
        "Too many entries",
        "An archive with millions of entries or huge headers exhausts the memory of whatever reads it.",
        "Put the files into fewer, larger ones.",
    ),
    "ARC021": (
        "A file with special privileges",
        "A setuid or setgid file, or one with capabilities, runs with the rights of another user. A model needs none.",
        "Remove these permissions and create the archive again: `chmod -R a-s FOLDER`.",
    ),
    "ARC022": (
        "An archive that unpacks to more than the limit",
        "A small file can unpack to terabytes and fill the disk (a decompression bomb).",
        (
            "If you trust the source, raise the limit with `--max-unpacked-bytes` or `--max-ratio`, or in a step "
            "with the variables that the message names."
        ),
    ),
    "ARC023": (
        "An invalid limit",
        "An environment variable sets a limit for archives, and its value cannot be used.",
        "Set it to a whole number from 1 up, or STEPSMITH_LINKS to `inside`, or unset it.",
    ),
    "ARC024": (
        "A target folder that already exists",
        "Extracting into an existing folder could mix two models or overwrite files.",
        "Name a folder that does not exist, or remove the existing one.",
    ),
}


class ArchiveFault(ValueError):  # noqa: N818 - it is a fault of the archive, not of the code that reads it
    """An archive is refused: `code` (a key of CODES), `what` is wrong, and `where` it was found."""

    def __init__(self, code: str, what: str, where: str = "") -> None:
        super().__init__(code, what, where)
        self.code, self.what, self.where = code, what, where

    def __str__(self) -> str:
        return "{} {}{}".format(self.code, self.where + ": " if self.where else "", self.what)
