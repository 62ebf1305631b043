"""TabularPreprocessing splits a table into train, validation and test, the same way on every machine."""
