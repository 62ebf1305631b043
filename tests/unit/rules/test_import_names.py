from __future__ import annotations

from stepsmith.rules.import_names import modules_of


def test_an_installed_package_brings_the_modules_that_it_has():
    assert "yaml" in modules_of("PyYAML") & modules_of("pyyaml")


def test_one_that_is_not_installed_has_the_module_of_its_name():
    assert modules_of("No.Such-Package") == {"no_such_package"}
