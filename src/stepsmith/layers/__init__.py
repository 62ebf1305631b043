"""The four layers that a step is declared in (contract, specification, config, builder) and what joins them."""
