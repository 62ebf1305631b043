"""The built-in steps, one folder each. They come in by our own entry point, like anyone else's."""

TABLE = {
    "DummyTraining": "stepsmith.steps.dummy_training:STEP",
    "ModelPackaging": "stepsmith.steps.model_packaging:STEP",
    "ModelRegistration": "stepsmith.steps.model_registration:STEP",
    "Payload": "stepsmith.steps.payload:STEP",
    "TabularPreprocessing": "stepsmith.steps.tabular_preprocessing:STEP",
}
