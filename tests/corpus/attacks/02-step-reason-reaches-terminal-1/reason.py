

def main(argv=None):
    root = os.environ.get("STEPSMITH_ML_ROOT", "/opt/ml")
    with open(root + "/output/message", "w") as file:
        file.write("\x1b]0;title\x07\x1b[2J reason")
    return 3


if __name__ == "__main__":
    sys.exit(main())
