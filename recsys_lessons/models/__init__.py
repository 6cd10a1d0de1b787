"""Models: they check what they are given, own what they learn, and call kernels. No algorithm is written here."""
