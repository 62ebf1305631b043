"""Which modules the package of a requirement brings."""

from __future__ import annotations

import re
import sys
from functools import cache
from importlib.metadata import packages_distributions
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# What well-known packages bring under other names than their own, for where they are not installed.
# Source: the wheels' own lists of top modules, as PyPI has them.
_KNOWN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "attrs": ("attr", "attrs"), "beautifulsoup4": ("bs4",), "faiss-cpu": ("faiss",), "faiss-gpu": ("faiss",),
        "gitpython": ("git",), "matplotlib": ("matplotlib", "mpl_toolkits", "pylab"),
        "google-cloud-bigquery": ("google",), "google-cloud-storage": ("google",),
        "msgpack-python": ("msgpack",), "onnxruntime-gpu": ("onnxruntime",), "opencv-python": ("cv2",),
        "opencv-python-headless": ("cv2",), "pillow": ("PIL",), "protobuf": ("google",),
        "psycopg2-binary": ("psycopg2",), "pycryptodome": ("Crypto",), "python-dateutil": ("dateutil",),
        "pyyaml": ("yaml",), "pyzmq": ("zmq",),
        "scikit-image": ("skimage",), "scikit-learn": ("sklearn",), "setuptools": ("setuptools", "pkg_resources"),
        "tensorflow-cpu": ("tensorflow",), "tensorflow-gpu": ("tensorflow",),
    }
)  # fmt: skip

# Of the standard library what only an older Python has, or only a newer one, than that which checks.
# Source: https://docs.python.org/3/whatsnew (3.8 to 3.14)
STANDARD = frozenset(sys.stdlib_module_names) | {
    *("aifc", "asynchat", "asyncore", "audioop", "binhex", "cgi", "cgitb", "chunk", "crypt", "distutils", "formatter"),
    *("dummy_threading", "imghdr", "imp", "lib2to3", "macpath", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev"),
    *("parser", "pipes", "smtpd", "sndhdr", "spwd", "sunau", "symbol", "telnetlib", "uu", "xdrlib"),
    *("annotationlib", "compression", "graphlib", "tomllib", "zoneinfo"),
}


def modules_of(requirement: str) -> frozenset[str]:
    """The top modules of a package: those of the installed one, the known ones, and the one with its name.

    >>> sorted(modules_of("no-such-package[extra]"))
    ['no_such_package']
    """
    name = _normalized(requirement)
    return frozenset({*_installed().get(name, ()), *_KNOWN.get(name, ()), name.replace("-", "_")})


def is_known(requirement: str) -> bool:
    """Whether the modules that a package brings are known. Any other package may bring any module."""
    name = _normalized(requirement)
    return name in _installed() or name in _KNOWN


@cache
def _installed() -> dict[str, set[str]]:
    modules: dict[str, set[str]] = {}
    for module, packages in packages_distributions().items():
        for package in packages:
            modules.setdefault(_normalized(package), set()).add(module)
    return modules


def _normalized(name: str) -> str:
    """A package's normalized name, without extras. Source: PEP 503, PEP 508."""
    return re.sub(r"[-_.]+", "-", name.partition("[")[0].strip()).lower()
