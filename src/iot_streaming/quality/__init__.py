"""What was found right or wrong with the data: kept, shown, repaired."""
