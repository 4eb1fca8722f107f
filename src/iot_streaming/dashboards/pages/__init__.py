"""What stands on the dashboards' pages, one page a file."""
