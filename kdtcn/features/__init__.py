"""What the models see: price vectors, event sets, windows and labels, each as of its decision time."""
