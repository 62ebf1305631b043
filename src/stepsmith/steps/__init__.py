"""The built-in steps, one folder each. They come in by our own entry point, like anyone else's."""

TABLE = {
    "DummyTraining": "stepsmith.steps.dummy_training.step:STEP",
    "ModelPackaging": "stepsmith.steps.model_packaging.step:STEP",
    "ModelRegistration": "stepsmith.steps.model_registration.step:STEP",
    "Payload": "stepsmith.steps.payload.step:STEP",
    "TabularPreprocessing": "stepsmith.steps.tabular_preprocessing.step:STEP",
}
