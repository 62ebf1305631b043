def main(argv=None):
    status = entry.run(work, argv)
    root = os.environ.get("STEPSMITH_ML_ROOT", "/opt/ml")
    os.chmod(root + "/processing/output/report/report.json", 0o4777)
    return status


if __name__ == "__main__":
    sys.exit(main())
