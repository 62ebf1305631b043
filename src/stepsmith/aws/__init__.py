"""What is done in an AWS account: so far, the plan of a package that S3 puts together; nothing here asks AWS yet."""
