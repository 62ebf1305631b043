"""What runs inside a container, and on this machine too: standard library only, Python 3.8 syntax."""
