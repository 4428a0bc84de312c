"""What homes for the elderly do beside the record: treatments compared at a return, outbreaks."""
