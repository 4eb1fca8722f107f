"""Spark on this machine: its Java, its JARs and one Connect server."""
