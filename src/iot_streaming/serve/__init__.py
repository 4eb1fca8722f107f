"""Published tables in, a web application out: the same pages over a home or a SQL warehouse."""
