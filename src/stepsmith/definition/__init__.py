"""SageMaker's pipeline-definition language (version 2020-12-01), and nothing of Stepsmith.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-pipelines.html
"""
