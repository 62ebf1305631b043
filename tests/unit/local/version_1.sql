-- What Stepsmith left in stepsmith.db while its schema was of version 1: three runs that registered, one that failed.
BEGIN TRANSACTION;
PRAGMA user_version = 1;
CREATE TABLE model_packages (
    group_name TEXT NOT NULL, version INTEGER NOT NULL, described TEXT NOT NULL, run TEXT,
    PRIMARY KEY (group_name, version)
);
INSERT INTO "model_packages" VALUES('penguins',2,'{"ModelPackageName": "penguins", "ModelPackageVersion": 2, "ModelPackageArn": "arn:aws:sagemaker:local:000000000000:model-package/penguins/2", "CreationTime": "2026-11-24T23:01:34.504Z", "ModelPackageStatus": "Completed", "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []}, "ModelApprovalStatus": "Approved", "ModelPackageGroupName": "penguins", "InferenceSpecification": {"Containers": [{"Image": "serve:1", "ModelDataUrl": "s3://bucket/penguins/model.tar.gz"}], "SupportedContentTypes": ["text/csv"]}, "CustomerMetadataProperties": {"source_sha256": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "source": "models/gr\u00f6\u00dfe.tgz"}}','7p8hyghbqzg4');
INSERT INTO "model_packages" VALUES('penguins',1,'{"ModelPackageName": "penguins", "ModelPackageVersion": 1, "ModelPackageArn": "arn:aws:sagemaker:local:000000000000:model-package/penguins/1", "CreationTime": "2026-11-24T23:01:34.192Z", "ModelPackageStatus": "Completed", "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []}, "ModelApprovalStatus": "PendingManualApproval", "ModelPackageGroupName": "penguins", "InferenceSpecification": {"Containers": [{"Image": "serve:1", "ModelDataUrl": "s3://bucket/penguins/model.tar.gz"}], "SupportedContentTypes": ["text/csv"]}, "CustomerMetadataProperties": {"source_sha256": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "source": "models/gr\u00f6\u00dfe.tgz"}}','qp1ywboaupk7');
INSERT INTO "model_packages" VALUES('gulls',1,'{"ModelPackageName": "gulls", "ModelPackageVersion": 1, "ModelPackageArn": "arn:aws:sagemaker:local:000000000000:model-package/gulls/1", "CreationTime": "2026-11-24T23:01:34.340Z", "ModelPackageStatus": "Completed", "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []}, "ModelApprovalStatus": "PendingManualApproval", "ModelPackageGroupName": "gulls", "InferenceSpecification": {"Containers": [{"Image": "serve:1", "ModelDataUrl": "s3://bucket/gulls/model.tar.gz"}], "SupportedContentTypes": ["text/csv"]}, "CustomerMetadataProperties": {"source_sha256": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "source": "models/gr\u00f6\u00dfe.tgz"}}','z84zdnybap4l');
CREATE TABLE runs (
    id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, status TEXT NOT NULL, definition TEXT NOT NULL,
    parameters TEXT NOT NULL, started TEXT NOT NULL, ended TEXT
);
INSERT INTO "runs" VALUES('qp1ywboaupk7','penguins','Succeeded','{"Version":"2020-12-01","Steps":[]}','{"Approval": "PendingManualApproval"}','2026-11-24T23:01:34.133Z','2026-11-24T23:01:34.204Z');
INSERT INTO "runs" VALUES('z84zdnybap4l','gulls','Succeeded','{"Version":"2020-12-01","Steps":[]}','{"Approval": "PendingManualApproval"}','2026-11-24T23:01:34.240Z','2026-11-24T23:01:34.353Z');
INSERT INTO "runs" VALUES('7p8hyghbqzg4','penguins','Succeeded','{"Version":"2020-12-01","Steps":[]}','{"Approval": "Approved"}','2026-11-24T23:01:34.374Z','2026-11-24T23:01:34.544Z');
INSERT INTO "runs" VALUES('0brokenoff00','penguins','Failed','{"Version":"2020-12-01","Steps":[]}','{}','2026-11-24T23:01:34.580Z','2026-11-24T23:01:34.664Z');
CREATE TABLE steps (
    run TEXT NOT NULL REFERENCES runs (id), name TEXT NOT NULL, status TEXT NOT NULL, reason TEXT,
    started TEXT NOT NULL, ended TEXT, PRIMARY KEY (run, name)
);
INSERT INTO "steps" VALUES('qp1ywboaupk7','model','Succeeded',NULL,'2026-11-24T23:01:34.168Z','2026-11-24T23:01:34.176Z');
INSERT INTO "steps" VALUES('qp1ywboaupk7','register','Succeeded',NULL,'2026-11-24T23:01:34.181Z','2026-11-24T23:01:34.190Z');
INSERT INTO "steps" VALUES('z84zdnybap4l','model','Succeeded',NULL,'2026-11-24T23:01:34.252Z','2026-11-24T23:01:34.280Z');
INSERT INTO "steps" VALUES('z84zdnybap4l','register','Succeeded',NULL,'2026-11-24T23:01:34.296Z','2026-11-24T23:01:34.320Z');
INSERT INTO "steps" VALUES('7p8hyghbqzg4','model','Succeeded',NULL,'2026-11-24T23:01:34.396Z','2026-11-24T23:01:34.422Z');
INSERT INTO "steps" VALUES('7p8hyghbqzg4','register','Succeeded',NULL,'2026-11-24T23:01:34.448Z','2026-11-24T23:01:34.479Z');
INSERT INTO "steps" VALUES('0brokenoff00','model','Failed','ARC002 no gzip','2026-11-24T23:01:34.611Z','2026-11-24T23:01:34.629Z');
COMMIT;
