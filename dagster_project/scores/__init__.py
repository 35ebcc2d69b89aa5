"""What scores are made of: rules that people edit, and the fits that SQL only looks up."""
