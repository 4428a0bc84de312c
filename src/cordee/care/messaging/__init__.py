"""Messages between professionals, bound to a patient or free. Requirements B1.5, B1.6."""
