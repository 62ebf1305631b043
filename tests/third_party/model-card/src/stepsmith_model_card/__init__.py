"""A step for Stepsmith that writes a model card beside a packaged model."""

TABLE = {"ModelCard": "stepsmith_model_card.step:STEP"}
