"""A real Nginx between applications and clients, in namespaces of its own, for tests."""
