"""Objects on S3: requests, multipart uploads, integrity, and model archives that stay there."""
