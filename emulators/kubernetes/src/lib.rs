//! An emulator of the Kubernetes API, its controllers and a node.
