"""The pages, one module per subject. A page asks the directory, and shows what it answers or why it refuses."""
