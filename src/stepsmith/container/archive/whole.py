"""The former name of `atomic`: scripts that `stepsmith new` made with version 0.1.0 import `whole_file` from here."""

from stepsmith.container.archive.atomic import atomic_file as whole_file

__all__ = ["whole_file"]
